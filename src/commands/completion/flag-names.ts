/**
 * The names of the flags that are set, for Tab: from a file that is at most a minute old, else from KV,
 * or D1 where KV has none, within a second. Nothing slow is ever started for it, neither an engine nor wrangler.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.ts';
import { cacheFolder } from '../../io/home.ts';
import { DEFAULT_FLAGS } from '../../shards/flag-value.ts';
import { FLAGS_KEY } from '../../shards/flags.ts';
import { readFlags } from '../../tables/flags.ts';
import type { Slot } from './words.ts';

type Where = Parameters<Context['within']>[1];

const FRESH_MS = 60_000;
const PATIENCE_MS = 1_000;

/** What a shell may be handed: names are written by others, and some shells evaluate what they get. */
const SAFE = /^[\w][\w.-]{0,99}$/;

/** Set flags and those that have a default, sorted. */
export async function knownFlags(context: Context, given: Slot['given']): Promise<string[]> {
  const file = cacheFile(context, given);
  const cached = await readCache(file, context.now());
  const live = cached?.fresh ? null : await readLive(context, given).catch(() => null);
  if (live) await writeCache(file, live, context.now()).catch(() => {});
  const names = [...Object.keys(DEFAULT_FLAGS), ...(live ?? cached?.names ?? [])];
  return [...new Set(names)].filter((name) => SAFE.test(name)).sort();
}

async function readLive(context: Context, given: Slot['given']): Promise<string[] | null> {
  const options = await reachable(context, given);
  if (!options) return null;
  const soon = context.within(PATIENCE_MS, options);
  const entry = (await (await soon.kv()).getMany([FLAGS_KEY])).get(FLAGS_KEY);
  if (entry) return Object.keys(JSON.parse(entry.value));
  // With a database, KV holds a copy for 5 minutes at a time.
  return namesInDatabase(soon).catch(() => []);
}

async function namesInDatabase(soon: Pick<Context, 'database'>): Promise<string[]> {
  const { sql, params } = readFlags();
  const { rows } = await (await soon.database()).query(sql, params);
  return rows.map(({ flag_name }) => String(flag_name));
}

/** The options for a target that answers at once: a token in the environment, or an engine that runs. */
async function reachable(context: Context, given: Slot['given']): Promise<Where | null> {
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
function globalOptions(given: Slot['given']): Where {
  const known = WHERE.filter((name) => given[name] !== undefined);
  return Object.fromEntries(known.map((name) => [name, given[name]]));
}

/** One file for each place that a line may mean. */
function cacheFile({ io }: Context, given: Slot['given']): string {
  const { GOBLIN_TARGET, CLOUDFLARE_ENV, CLOUDFLARE_ACCOUNT_ID } = io.env;
  const place = [
    io.cwd,
    GOBLIN_TARGET,
    CLOUDFLARE_ENV,
    CLOUDFLARE_ACCOUNT_ID,
    globalOptions(given),
  ];
  const name = createHash('sha256').update(JSON.stringify(place)).digest('hex').slice(0, 16);
  return join(cacheFolder(io.env), `flags-${name}.json`);
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
