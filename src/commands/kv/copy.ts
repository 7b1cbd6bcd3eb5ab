import type { Counts } from '../../api/usage.ts';
import type { Context } from '../../context.ts';
import { usageError } from '../../contract/errors.ts';
import { addReport, asStop, type BulkReport, emptyReport, slices } from '../../kv/bulk.ts';
import { mayBeTooSoon, SAFE_TTL } from '../../kv/expiry.ts';
import type { BulkOptions, KvStore } from '../../kv/namespace.ts';
import type { Column, Shown } from '../../output/columns.ts';
import { addPlanOptions, carryOut, type Plan, type PlanFlags } from '../../plan/plan.ts';
import { keyChanges, reportOf, type Step } from '../../plan/step.ts';
import type { KvKey, KvWrite } from '../../shards/kv-key.ts';
import { BULK_READ_KEYS } from '../../shards/kv-limits.ts';
import { type Declare, describe } from '../command.ts';
import { KEY_COLUMNS, type KeyRow, keyRow } from './key-row.ts';

interface Options extends PlanFlags {
  prefix: string;
  from: string;
  to: string;
}

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('copy <prefix>')
    .summary('copy keys to another environment')
    .description(
      describe(
        'Copies keys between environments of the wrangler file, over what is there: values, metadata and the instant they expire at. An empty name is the top level of the file.',
        [
          'goblin kv copy feature_flags --from staging --to production',
          "goblin kv copy cache: --from '' --to staging --dry-run",
        ],
      ),
    )
    .requiredOption('--from <env>', 'environment to read')
    .requiredOption('--to <env>', 'environment to write')
    .action((prefix: string, flags: Omit<Options, 'prefix'>) => run(copy, { prefix, ...flags }));
  addPlanOptions(command);
};

const columns: readonly Column<KeyRow>[] = [...KEY_COLUMNS, { name: 'problem', kind: 'text' }];

/** Values held in memory at once. */
const KEYS_AT_ONCE = 1000;

/** Copies the keys under a prefix from one environment to another. */
export async function copy(
  context: Context,
  { prefix, from, to, ...flags }: Options,
): Promise<void> {
  const source = context.inEnvironment(from);
  const target = source.inEnvironment(to);
  const [kv, into] = [await source.kv(), await target.kv()];
  if (kv.id === into.id) {
    throw usageError(
      'same_namespace',
      '--from and --to are the same namespace',
      'Name two environments.',
    );
  }
  const now = context.now();
  const listed: KvKey[] = [];
  for await (const key of kv.list({ prefix })) listed.push(key);
  const keys = listed.filter((key) => !mayBeTooSoon(key, now));
  const plan: Plan<KeyRow> = {
    verb: ['copy', 'copied'],
    noun: ['key', 'keys'],
    columns,
    steps: [copyStep({ kv, into, now: context.now }, keys, now)],
    skipped: listed.filter((key) => mayBeTooSoon(key, now)).map((key) => tooSoon(key, now)),
  };
  await carryOut(target, plan, flags);
}

function tooSoon(key: KvKey, now: number): Shown<KeyRow> {
  const problem = `expires within ${SAFE_TTL} s, which is too soon for KV`;
  return { ...keyRow(key, { now }), problem };
}

function costOf(keys: number): Counts {
  const requests = Math.ceil(keys / BULK_READ_KEYS) + Math.ceil(keys / KEYS_AT_ONCE);
  return { requests, 'kv.read': keys, 'kv.write': keys };
}

interface Passage {
  kv: KvStore;
  into: KvStore;
  now: () => number;
}

function copyStep(passage: Passage, keys: readonly KvKey[], now: number): Step<KeyRow> {
  return {
    changes: keyChanges(keys.map((key) => ({ key: key.name, row: keyRow(key, { now }) }))),
    cost: costOf(keys.length),
    apply: async (options) => reportOf(await copyAll(passage, keys, options)),
  };
}

/** Reads and writes a thousand at a time, so that values do not pile up in memory. */
async function copyAll(
  passage: Passage,
  keys: readonly KvKey[],
  { signal, onProgress }: BulkOptions,
): Promise<BulkReport> {
  const total = emptyReport();
  for (const slice of slices(keys, KEYS_AT_ONCE)) {
    const names = slice.map(({ name }) => name);
    const part = total.stopped
      ? { ...emptyReport(), untried: names }
      : await copySlice(passage, slice, signal).catch((error) => stoppedBy(error, names));
    addReport(total, part);
    onProgress?.(total.done.length);
  }
  return total;
}

async function copySlice(
  { kv, into, now }: Passage,
  slice: readonly KvKey[],
  signal: AbortSignal | undefined,
): Promise<BulkReport> {
  const names = slice.map(({ name }) => name);
  const entries = await kv.getManyExact(names);
  const writes = slice.flatMap((key): KvWrite[] => {
    const entry = entries.get(key.name);
    if (!entry || mayBeTooSoon(key, now())) return [];
    return [{ ...key, value: entry.value }];
  });
  const written = new Set(writes.map(({ name }) => name));
  const report = await into.putMany(writes, { signal });
  return { ...report, gone: names.filter((name) => !written.has(name)) };
}

/** Reading failed, so nothing of the slice was written. */
function stoppedBy(error: unknown, names: string[]): BulkReport {
  return { ...emptyReport(), untried: names, stopped: asStop(error) };
}
