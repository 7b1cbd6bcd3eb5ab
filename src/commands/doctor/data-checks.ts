/** Checks of what is stored: a sample of every shard, because counting all of them would cost too much. */
import type { Context } from '../../context.ts';
import type { KvStore } from '../../kv/namespace.ts';
import { isAlive, readKeys } from '../../kv/records.ts';
import { relative } from '../../output/time.ts';
import { isFlagValue } from '../../shards/flag-value.ts';
import { FLAGS_KEY, flags } from '../../shards/flags.ts';
import { maskKey } from '../../shards/handle.ts';
import type { KvKey } from '../../shards/kv-key.ts';
import { identify, shards } from '../../shards/list.ts';
import { shellWord } from '../../text/shell-word.ts';
import { isInDatabase } from '../flags/stored.ts';
import { type Check, type Finding, ok, warning } from './check.ts';
import { flagsInD1 } from './flag-check.ts';

/** Keys looked at of each shard: as many as one bulk read takes. */
const SAMPLE = 100;
/** Pages searched for keys of no shard. */
const PAGES = 10;
/** Examples named. */
const NAMED = 3;

type AnyShard = (typeof shards)[number];

async function sampleOf(context: Context, { prefix }: AnyShard): Promise<KvKey[]> {
  const kv = await context.kv();
  for await (const { keys } of kv.pages({ prefix, pageSize: SAMPLE })) {
    const alive = keys.filter((key) => isAlive(key, context.now()));
    if (alive.length > 0) return alive;
  }
  return [];
}

/** Values that fit their shard; read only where the list does not tell. */
async function shapes(context: Context): Promise<Finding> {
  const kv = await context.kv();
  const checked = shards.filter((shard) => shard !== flags);
  const samples = await Promise.all(checked.map((shard) => misfits(context, kv, shard)));
  const looked = samples.reduce((sum, { looked }) => sum + looked, 0);
  const wrong = samples.flatMap(({ problems }) => problems);
  if (wrong.length === 0) return ok(`${looked} records looked at, all fit`);
  return warning(
    `${wrong.length} of ${looked} records do not fit: ${examples(wrong.map(({ key, problem }) => `${key} (${problem})`))}`,
    `\`goblin kv get ${firstOf(wrong)}\` shows one, \`goblin kv delete ${firstOf(wrong)}\` removes it.`,
  );
}

/** A key for a command in a hint. */
const firstOf = ([first]: readonly { key: string }[]) => shellWord(first?.key ?? '');

async function misfits(context: Context, kv: KvStore, shard: AnyShard) {
  const records = await readKeys(kv, shard, await sampleOf(context, shard));
  const problems = records
    .filter(({ row }) => row.problem)
    .map(({ key, row }) => ({ key: maskKey(key), problem: row.problem }));
  return { looked: records.length, problems };
}

/** Records without an expiry whose kind should have one, such as a session that never ends. */
async function expiry(context: Context): Promise<Finding> {
  const mortal = shards.filter(({ ttl }) => ttl !== null);
  const samples = await Promise.all(mortal.map((shard) => sampleOf(context, shard)));
  const immortal = samples.flat().filter(({ expiration }) => expiration === null);
  if (immortal.length === 0) return ok('every record that should expire will');
  const keys = immortal.map(({ name }) => ({ key: maskKey(name) }));
  return warning(
    `${keys.length} records never expire: ${examples(keys.map(({ key }) => key))}`,
    `\`goblin kv delete ${firstOf(keys)}\` removes one; the Worker writes them with an expiry.`,
  );
}

async function unknownKeys(context: Context): Promise<Finding> {
  const kv = await context.kv();
  const unknown: string[] = [];
  let seen = 0;
  let pages = 0;
  for await (const { keys, cursor } of kv.pages()) {
    seen += keys.length;
    unknown.push(...keys.map(({ name }) => name).filter((name) => identify(name) === null));
    if (++pages === PAGES && cursor !== null) break;
  }
  const where = pages === PAGES ? `the first ${seen} keys` : `${seen} keys`;
  if (unknown.length === 0) return ok(`none among ${where}`);
  return warning(
    `${unknown.length} of ${where} belong to no shard: ${examples(unknown)}`,
    'Other programs may use the namespace; `goblin shards` counts them all.',
  );
}

/** Without D1 the document is the truth, and with an expiry every flag falls back when it ends. */
async function flagsDocument(context: Context): Promise<Finding> {
  const kv = await context.kv();
  const found = (await kv.getMany([FLAGS_KEY])).get(FLAGS_KEY);
  if (!found) return ok('not set: the defaults hold');
  const wrong = wrongFlags(found.value);
  const fix = '`goblin kv edit feature_flags` fixes it.';
  if (typeof wrong === 'string') return { status: 'failed', detail: wrong, fix };
  if (wrong.length > 0)
    return {
      status: 'failed',
      detail: `neither on, off nor a percentage: ${examples(wrong)}`,
      fix,
    };
  // With D1 the document is a copy, which has to expire.
  if (found.expiration === null || (await isInDatabase(context)))
    return ok('every flag has a value that the edge takes');
  return {
    status: 'failed',
    detail: `the flags expire ${relative(found.expiration * 1000, context.now())}: all fall back to their defaults then`,
    fix: '`goblin kv edit feature_flags --no-expire`, or any `goblin flags set`, takes the expiry away.',
  };
}

/** The names of flags without a valid value, or what is wrong with the document as a whole. */
function wrongFlags(text: string): string[] | string {
  try {
    const document: unknown = JSON.parse(text);
    if (typeof document !== 'object' || document === null || Array.isArray(document)) {
      return 'the flags document is not an object';
    }
    return Object.entries(document).flatMap(([name, value]) => (isFlagValue(value) ? [] : [name]));
  } catch {
    return 'the flags document is not JSON';
  }
}

function examples(items: readonly string[]): string {
  const shown = items.slice(0, NAMED).join(', ');
  return items.length > NAMED ? `${shown}, …` : shown;
}

const needs = ['read permission'];

export const dataChecks: readonly Check[] = [
  { name: 'stored values', needs, run: shapes },
  { name: 'expiry', needs, run: expiry },
  { name: 'unknown keys', needs, run: unknownKeys },
  { name: 'flags', needs, run: flagsDocument },
  { name: 'flags in D1', needs, run: flagsInD1 },
];
