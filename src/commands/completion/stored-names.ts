/**
 * Names of flags and handles of sessions that are stored, for Tab: from a file that is at most a minute old, else
 * within a second from KV, or from D1 where KV has no flags. Nothing slow is ever started for it, neither an
 * engine nor wrangler.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.ts';
import { cacheFolder } from '../../io/home.ts';
import { DEFAULT_FLAGS } from '../../shards/flag-value.ts';
import { FLAGS_KEY } from '../../shards/flags.ts';
import { isHandle, sessionHandle } from '../../shards/handle.ts';
import { SESSION_PREFIX, sessionKey } from '../../shards/session.ts';
import { readFlags } from '../../tables/flags.ts';
import type { Slot } from './words.ts';

type Where = Parameters<Context['within']>[1];

const FRESH_MS = 60_000;
const PATIENCE_MS = 1_000;

/** What a shell may be handed: names are written by others, and some shells evaluate what they get. */
const SAFE = /^[\w][\w.-]{0,99}$/;

type Given = Slot['given'];

/** What is remembered, and how it is read where it is not. */
interface Kind {
  /** Of the file. */
  name: string;
  read(stores: Stores): Promise<string[]>;
}

type Stores = Pick<Context, 'kv' | 'database'>;

const FLAGS: Kind = {
  name: 'flags',
  async read(stores) {
    const entry = (await (await stores.kv()).getMany([FLAGS_KEY])).get(FLAGS_KEY);
    if (entry) return Object.keys(JSON.parse(entry.value));
    // With a database, KV holds a copy for 5 minutes at a time.
    return flagsInDatabase(stores).catch(() => []);
  },
};

async function flagsInDatabase(stores: Stores): Promise<string[]> {
  const { sql, params } = readFlags();
  const { rows } = await (await stores.database()).query(sql, params);
  return rows.map(({ flag_name }) => String(flag_name));
}

/** Handles of the first page alone: nobody picks one of more than a thousand by Tab. */
const SESSIONS: Kind = {
  name: 'sessions',
  async read(stores) {
    for await (const { keys } of (await stores.kv()).pages({ prefix: SESSION_PREFIX }))
      return keys.flatMap(handleOf);
    return [];
  },
};

function handleOf({ name }: { name: string }): string[] {
  const id = sessionKey.parse(name);
  return id ? [sessionHandle(id.token)] : [];
}

/** Set flags and those that have a default, sorted. */
export async function knownFlags(context: Context, given: Given): Promise<string[]> {
  const names = [...Object.keys(DEFAULT_FLAGS), ...(await known(context, given, FLAGS))];
  return [...new Set(names)].filter((name) => SAFE.test(name)).sort();
}

/** Handles of stored sessions. */
export async function knownSessions(context: Context, given: Given): Promise<string[]> {
  return (await known(context, given, SESSIONS)).filter((name) => isHandle(name)).sort();
}

async function known(context: Context, given: Given, kind: Kind): Promise<string[]> {
  const file = cacheFile(context, given, kind);
  const cached = await readCache(file, context.now());
  const live = cached?.fresh ? null : await readLive(context, given, kind).catch(() => null);
  if (live) await writeCache(file, live, context.now()).catch(() => {});
  return live ?? cached?.names ?? [];
}

async function readLive(context: Context, given: Given, kind: Kind): Promise<string[] | null> {
  const options = await reachable(context, given);
  if (!options) return null;
  return kind.read(context.within(PATIENCE_MS, options));
}

/** The options for a target that answers at once: a token in the environment, or an engine that runs. */
async function reachable(context: Context, given: Given): Promise<Where | null> {
  const { env } = context.io;
  const options = globalOptions(given);
  const local = options.local ?? (!options.remote && env.GOBLIN_TARGET === 'local');
  if (!local && env.CLOUDFLARE_API_TOKEN) return options;
  if (options.remote) return null;
  const { value: stateDir } = await (
    await context.within(PATIENCE_MS, options).config()
  ).stateDir();
  const { findRunning } = await import('../../local/record.ts');
  return (await findRunning(stateDir)) ? { ...options, local: true } : null;
}

const WHERE = [
  'local',
  'remote',
  'env',
  'config',
  'binding',
  'namespaceId',
  'database',
  'persistTo',
] as const;

/** The options of the line that say where. */
function globalOptions(given: Given): Where {
  const known = WHERE.filter((name) => given[name] !== undefined);
  return Object.fromEntries(known.map((name) => [name, given[name]]));
}

/** One file for each place that a line may mean. */
function cacheFile({ io }: Context, given: Given, { name: kind }: Kind): string {
  const { GOBLIN_TARGET, CLOUDFLARE_ENV, CLOUDFLARE_ACCOUNT_ID } = io.env;
  const place = [
    io.cwd,
    GOBLIN_TARGET,
    CLOUDFLARE_ENV,
    CLOUDFLARE_ACCOUNT_ID,
    globalOptions(given),
  ];
  const name = createHash('sha256').update(JSON.stringify(place)).digest('hex').slice(0, 16);
  return join(cacheFolder(io.env), `${kind}-${name}.json`);
}

async function readCache(
  file: string,
  now: number,
): Promise<{ names: string[]; fresh: boolean } | null> {
  try {
    const names: unknown = JSON.parse(await readFile(file, 'utf8'));
    const age = now - (await stat(file)).mtimeMs;
    if (!Array.isArray(names)) return null;
    return { names: names.map(String), fresh: age >= 0 && age < FRESH_MS };
  } catch {
    return null;
  }
}

/** For its owner alone: the names of flags tell what is being built. */
async function writeCache(file: string, names: readonly string[], now: number): Promise<void> {
  await mkdir(join(file, '..'), { recursive: true, mode: 0o700 });
  await writeFile(file, JSON.stringify(names), { mode: 0o600 });
  await utimes(file, now / 1000, now / 1000);
}
