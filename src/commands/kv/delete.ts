import type { Context } from '../../context.ts';
import { addPlanOptions, carryOut, type PlanFlags } from '../../plan/plan.ts';
import { deleteKeys } from '../../plan/step.ts';
import { maskKey } from '../../shards/handle.ts';
import { type Declare, describe } from '../command.ts';
import { manyKeys } from './key-argument.ts';
import { KEY_COLUMNS, keyRow } from './key-row.ts';

interface Options extends PlanFlags {
  keys: string[];
}

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('delete <key...>')
    .summary('delete keys')
    .description(
      describe(
        'Deletes keys, and says which of them were there. - takes keys from stdin, a line each.',
        ['goblin kv delete cache:/models', 'goblin kv delete - --yes < keys.txt'],
      ),
    )
    .action((keys: string[], flags: PlanFlags) => run(remove, { ...flags, keys }));
  addPlanOptions(command);
};

/** Deletes those keys that are there and names the others. */
export async function remove(context: Context, { keys, ...flags }: Options): Promise<void> {
  const kv = await context.kv();
  const names = await manyKeys(context, kv, keys);
  const entries = await kv.getMany(names);
  const shown = { now: context.now() };
  const records = [...entries.values()].map((entry) => ({
    key: entry.name,
    row: keyRow(entry, shown),
  }));
  const plan = {
    verb: ['delete', 'deleted'],
    noun: ['key', 'keys'],
    columns: KEY_COLUMNS,
    steps: [deleteKeys(kv, records)],
    absent: names.filter((name) => !entries.has(name)).map((name) => ({ key: maskKey(name) })),
  } as const;
  await carryOut(context, plan, flags);
}
