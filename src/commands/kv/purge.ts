import type { Context } from '../../context.ts';
import { usageError } from '../../contract/errors.ts';
import { addPlanOptions, carryOut, type PlanFlags } from '../../plan/plan.ts';
import { deleteKeys } from '../../plan/step.ts';
import { type Declare, describe } from '../command.ts';
import { KEY_COLUMNS, type KeyRow, keyRow } from './key-row.ts';

interface Options extends PlanFlags {
  prefix: string;
  all?: true;
}

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('purge [prefix]')
    .summary('delete every key that begins so')
    .description(
      describe(
        'Deletes every key that begins with the prefix, 10,000 a request. The prefix is taken as it stands: cache:/models is also the beginning of cache:/models-v2.',
        [
          'goblin kv purge cache:/models --dry-run',
          'goblin kv purge analytics:1767 --yes --max-ops 50000',
          'goblin kv purge --all',
        ],
      ),
    )
    .option('--all', 'every key of the namespace')
    .action((prefix: string | undefined, flags: Omit<Options, 'prefix'>) =>
      run(purge, { prefix: prefix ?? '', ...flags }),
    );
  addPlanOptions(command);
};

const columns = KEY_COLUMNS.filter(({ name }) => name !== 'metadata');

/** Deletes what a prefix, or the whole namespace, holds. */
export async function purge(context: Context, { prefix, all, ...flags }: Options): Promise<void> {
  refuseUnclear(prefix, all);
  const kv = await context.kv();
  const keys: { key: string; row: KeyRow }[] = [];
  const progress = context.log.progress('listed');
  const shown = { now: context.now() };
  for await (const page of kv.pages({ prefix })) {
    for (const key of page.keys) keys.push({ key: key.name, row: keyRow(key, shown) });
    await progress.update(keys.length);
  }
  await progress.end();
  const steps = [deleteKeys(kv, keys)];
  const plan = { verb: ['delete', 'deleted'], noun: ['key', 'keys'], columns, steps } as const;
  await carryOut(context, all ? { ...plan, severe: await namespaceName(context) } : plan, flags);
}

function refuseUnclear(prefix: string, all: true | undefined): void {
  if ((prefix === '') !== (all === undefined)) return;
  if (all)
    throw usageError('conflicting_options', '--all and a prefix exclude each other', 'Pass one.');
  throw usageError('no_prefix', 'which keys?', 'Pass a prefix, or --all for the whole namespace.');
}

async function namespaceName(context: Context): Promise<string> {
  const namespace = await (await context.config()).namespace();
  return namespace.binding ?? (namespace.kind === 'known' ? namespace.id : 'everything');
}
