import { GoblinError } from '../contract/errors.ts';
import { type Machine, variable } from './machine.ts';
import { Secret } from './secret.ts';
import type { Setting } from './setting.ts';
import { askWrangler, findWrangler } from './wrangler-login.ts';

/** How requests are signed: a bearer token (API token or OAuth), or the older global key with its email. */
export type Credentials =
  | { kind: 'token'; token: Secret }
  | { kind: 'key'; key: Secret; email: string };

/** Credentials, or in words why there are none, and whether there was a wrangler to ask. */
export type Found =
  | { credentials: Setting<Credentials> }
  | { absent: string; wranglerInstalled: boolean };

const ORIGIN = 'wrangler auth token';

/**
 * A secret fit for an HTTP header. White space around it is dropped, for files and CI settings often end in
 * a line break; anything else a header cannot hold is refused here, because HTTP clients quote the whole
 * header in their error. Throws `bad_credentials`.
 */
function secret(text: string, origin: string): Secret {
  const trimmed = text.trim();
  if (/^[\x21-\x7e]+$/.test(trimmed)) return new Secret(trimmed);
  throw new GoblinError(
    'access',
    'bad_credentials',
    `${origin} holds something other than a token: white space within, or characters beyond ASCII`,
    { hint: 'Copy the token again, and only the token.' },
  );
}

/** `CLOUDFLARE_API_TOKEN`, else `CLOUDFLARE_API_KEY` with `CLOUDFLARE_EMAIL`. Throws `bad_credentials`. */
export function credentialsFromEnvironment(env: Machine['env']): Setting<Credentials> | undefined {
  const token = variable(env, 'CLOUDFLARE_API_TOKEN');
  if (token !== undefined) {
    const origin = 'CLOUDFLARE_API_TOKEN';
    return { value: { kind: 'token', token: secret(token, origin) }, origin };
  }
  const key = variable(env, 'CLOUDFLARE_API_KEY');
  const email = variable(env, 'CLOUDFLARE_EMAIL');
  if (key === undefined || email === undefined) return undefined;
  const origin = 'CLOUDFLARE_API_KEY with CLOUDFLARE_EMAIL';
  return { value: { kind: 'key', key: secret(key, 'CLOUDFLARE_API_KEY'), email }, origin };
}

/** The object in wrangler's output, which notices may precede; undefined where there is none. */
function outputObject(stdout: string): Record<string, unknown> | undefined {
  const start = stdout.search(/^\{/m);
  try {
    const value: unknown = JSON.parse(stdout.slice(Math.max(start, 0)));
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Reads what `wrangler auth token --json` prints: `{type:"oauth"|"api_token", token}` or
 * `{type:"api_key", key, email}` (https://developers.cloudflare.com/workers/wrangler/commands/).
 * Undefined where it is neither. Throws `bad_credentials`.
 */
export function parseLogin(stdout: string): Credentials | undefined {
  const { token, key, email } = outputObject(stdout) ?? {};
  if (typeof token === 'string') return { kind: 'token', token: secret(token, ORIGIN) };
  if (typeof key !== 'string' || typeof email !== 'string') return undefined;
  return { kind: 'key', key: secret(key, ORIGIN), email };
}

/** The login of the wrangler installed here, or why there is none. Throws `bad_credentials`. */
export async function credentialsFromWrangler(machine: Machine): Promise<Found> {
  const program = findWrangler(machine);
  if (program === undefined)
    return { absent: 'wrangler is not installed', wranglerInstalled: false };
  const answer = await askWrangler(machine, program);
  const value = answer.ok ? parseLogin(answer.stdout) : undefined;
  if (value !== undefined) return { credentials: { value, origin: ORIGIN } };
  const reason = answer.ok ? 'there is no token in its answer' : answer.reason;
  return { absent: `\`${ORIGIN}\` gave none: ${reason}`, wranglerInstalled: true };
}
