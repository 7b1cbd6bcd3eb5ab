import { GoblinError, usageError } from '../contract/errors.ts';
import { suggest } from '../text/nearest.ts';
import { apiBase } from './api-base.ts';
import { checkedId } from './cloudflare-id.ts';
import {
  type Credentials,
  credentialsFromEnvironment,
  credentialsFromWrangler,
} from './credentials.ts';
import { type Machine, variable } from './machine.ts';
import type { Setting } from './setting.ts';
import type { WranglerFile } from './wrangler-file.ts';
import { mayBeLoggedIn } from './wrangler-login.ts';

/** Which engine a command speaks to, why, and (remote) with what. */
export type Decision =
  | { kind: 'local'; origin: string }
  | { kind: 'remote'; origin: string; credentials: Setting<Credentials> };

/** A decision with all that a client needs. */
export type Target =
  | { kind: 'local'; origin: string }
  | {
      kind: 'remote';
      origin: string;
      credentials: Setting<Credentials>;
      apiBase: Setting<string>;
      account: Setting<string>;
    };

export interface TargetFlags {
  local?: boolean | undefined;
  remote?: boolean | undefined;
}

const KINDS = ['local', 'remote'] as const;
type Kind = (typeof KINDS)[number];

const WHAT_TO_SET =
  'Set CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID, or run `wrangler login`; ' +
  'or pass --local for the engine on this machine.';

function askedFor({ local, remote }: TargetFlags, env: Machine['env']): Setting<Kind> | undefined {
  if (local && remote) {
    throw usageError('conflicting_options', '--local and --remote exclude each other', 'Pass one.');
  }
  if (local) return { value: 'local', origin: '--local' };
  if (remote) return { value: 'remote', origin: '--remote' };
  const text = variable(env, 'GOBLIN_TARGET');
  if (text === undefined) return undefined;
  const value = KINDS.find((kind) => kind === text);
  if (value !== undefined) return { value, origin: 'GOBLIN_TARGET' };
  throw usageError('bad_target', `GOBLIN_TARGET is not a target: ${text}`, suggest(text, KINDS));
}

async function remoteAskedFor(machine: Machine, origin: string): Promise<Decision> {
  const fromEnvironment = credentialsFromEnvironment(machine.env);
  if (fromEnvironment !== undefined)
    return { kind: 'remote', origin, credentials: fromEnvironment };
  const found = await credentialsFromWrangler(machine);
  if ('credentials' in found) return { kind: 'remote', origin, ...found };
  throw new GoblinError(
    'access',
    'no_credentials',
    `no credentials for Cloudflare: CLOUDFLARE_API_TOKEN is not set, and ${found.absent}`,
    { hint: WHAT_TO_SET },
  );
}

/**
 * Remote by wrangler's login, undefined where wrangler has none. A login that wrangler has but does not
 * hand over is an error: to work locally then would change the target because a network was down.
 */
async function remoteByLogin(machine: Machine): Promise<Decision | undefined> {
  if (!mayBeLoggedIn(machine)) return undefined;
  const found = await credentialsFromWrangler(machine);
  if ('credentials' in found) return { kind: 'remote', origin: found.credentials.origin, ...found };
  if (!found.wranglerInstalled) return undefined;
  throw new GoblinError(
    'access',
    'no_credentials',
    `wrangler has a login on this machine, but ${found.absent}`,
    {
      hint: 'See that wrangler works, or run `wrangler login` again; --local needs no login.',
    },
  );
}

/**
 * Which target a command means, first match: `--local`/`--remote`, `GOBLIN_TARGET`, remote where there are
 * credentials, local on a terminal. wrangler is run only where neither flags nor variables decide, or
 * where remote is asked for without a token in the environment.
 * Throws `conflicting_options`, `bad_target`, `bad_credentials`, `no_credentials`, `no_target`.
 */
export async function decideTarget(flags: TargetFlags, machine: Machine): Promise<Decision> {
  const asked = askedFor(flags, machine.env);
  if (asked?.value === 'local') return { kind: 'local', origin: asked.origin };
  if (asked?.value === 'remote') return await remoteAskedFor(machine, asked.origin);
  const credentials = credentialsFromEnvironment(machine.env);
  if (credentials !== undefined) return { kind: 'remote', origin: credentials.origin, credentials };
  const byLogin = await remoteByLogin(machine);
  if (byLogin !== undefined) return byLogin;
  if (machine.interactive) return { kind: 'local', origin: 'a terminal and no API token' };
  throw new GoblinError(
    'access',
    'no_target',
    'no target: there is no API token, and without a terminal the local engine has to be asked for',
    { hint: WHAT_TO_SET },
  );
}

/** `CLOUDFLARE_ACCOUNT_ID`, else the wrangler file's `account_id`. Throws `no_account`, `bad_id`. */
export async function resolveAccount(
  env: Machine['env'],
  wranglerFile: () => Promise<WranglerFile | undefined>,
): Promise<Setting<string>> {
  const value = variable(env, 'CLOUDFLARE_ACCOUNT_ID');
  const origin = 'CLOUDFLARE_ACCOUNT_ID';
  const account = value === undefined ? (await wranglerFile())?.accountId : { value, origin };
  if (account !== undefined) {
    return { value: checkedId(account, 'an account'), origin: account.origin };
  }
  throw new GoblinError('access', 'no_account', 'the Cloudflare account is unknown', {
    hint: 'Set CLOUDFLARE_ACCOUNT_ID, or account_id in the wrangler file.',
  });
}

/** Adds to a decision what a client needs. Throws what `apiBase` and `resolveAccount` throw. */
export async function completeTarget(
  decision: Decision,
  env: Machine['env'],
  wranglerFile: () => Promise<WranglerFile | undefined>,
): Promise<Target> {
  if (decision.kind === 'local') return decision;
  return { ...decision, apiBase: apiBase(env), account: await resolveAccount(env, wranglerFile) };
}
