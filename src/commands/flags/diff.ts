import { addFieldsOption, type FieldsFlag } from '../../arguments/fields.ts';
import type { Context } from '../../context.ts';
import { GoblinError, usageError } from '../../contract/errors.ts';
import { resolved, type Settings } from '../../flags/settings.ts';
import { plural } from '../../text/plural.ts';
import { type Declare, describe } from '../command.ts';
import { CHANGE_COLUMNS, type ChangeRow, changeColumns, changeRows } from './changes.ts';
import { parseFlagsFile } from './file.ts';
import { fileText } from './file-text.ts';
import { look, refuseBroken } from './stored.ts';

interface Options extends FieldsFlag<ChangeRow> {
  file?: string;
  from?: string;
  to?: string;
}

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('diff [file]')
    .summary('what differs from a file or between environments: exit 8 if anything')
    .description(
      describe(
        'Compares the stored flags with a file, or those of two environments of the wrangler file, and is ' +
          'exit 8 if they differ. Without --from or --to, that side is the environment in use.',
        [
          'goblin flags diff flags.json',
          'goblin flags diff --from staging --to production',
          'goblin flags diff --from staging --json',
        ],
      ),
    )
    .option('--from <environment>', 'the environment on the left')
    .option('--to <environment>', 'the environment on the right');
  addFieldsOption(command, CHANGE_COLUMNS).action(
    (file: string | undefined, options: Omit<Options, 'file'>) =>
      run(diff, { ...options, ...(file === undefined ? {} : { file }) }),
  );
};

/** @throws {GoblinError} exit 8 where something differs */
export async function diff(context: Context, options: Options): Promise<void> {
  const [from, to] = await sides(context, options);
  const rows = changeRows(from, to, context.now());
  await context.output.list(options.fields ?? changeColumns(rows), rows, {
    empty: 'They are the same.',
  });
  if (rows.length === 0) return;
  const message = plural(rows.length, 'flag differs', 'flags differ');
  throw new GoblinError('difference', 'flags_differ', message);
}

async function sides(context: Context, { file, from, to }: Options): Promise<[Settings, Settings]> {
  const isBetween = from !== undefined || to !== undefined;
  if ((file !== undefined) === isBetween) {
    throw usageError(
      'bad_comparison',
      isBetween ? 'a file and environments exclude each other' : 'there is nothing to compare with',
      'Name a file, or environments with --from and --to.',
    );
  }
  return file === undefined ? environments(context, from, to) : withFile(context, file);
}

async function withFile(context: Context, path: string): Promise<[Settings, Settings]> {
  const now = context.now();
  const file = parseFlagsFile(await fileText(context.io, path), path, now);
  const stored = await look(context);
  refuseBroken(stored);
  return [resolved(stored.settings, now), file.settings];
}

async function environments(
  context: Context,
  from: string | undefined,
  to: string | undefined,
): Promise<[Settings, Settings]> {
  const left = await inEnvironment(context, from);
  const right = await inEnvironment(context, to);
  if (left.namespace !== right.namespace) return [left.settings, right.settings];
  throw usageError(
    'same_namespace',
    'both environments use the same KV namespace',
    'Name two with namespaces of their own; `goblin config show` with --env shows which.',
  );
}

async function inEnvironment(context: Context, name: string | undefined) {
  const there = name === undefined ? context : context.inEnvironment(name);
  const stored = await look(there);
  refuseBroken(stored, name);
  const { id } = await there.kv();
  return { namespace: id, settings: resolved(stored.settings, context.now()) };
}
