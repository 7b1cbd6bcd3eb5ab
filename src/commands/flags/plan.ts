import { addFieldsOption, type FieldsFlag } from '../../arguments/fields.ts';
import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import { plural } from '../../text/plural.ts';
import { type Declare, describe } from '../command.ts';
import { CHANGE_COLUMNS, type ChangeRow, changeColumns } from './changes.ts';
import { addProposalOptions, movedOn, type ProposalOptions, propose } from './proposal.ts';

interface Options extends ProposalOptions, FieldsFlag<ChangeRow> {}

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('plan <file>')
    .summary('what applying a file would change: exit 8 if anything')
    .description(
      describe(
        'Shows what `goblin flags apply` would change, and is exit 8 if there is any change.',
        [
          'goblin flags plan flags.json',
          'goblin flags export | jq … | goblin flags plan - --prune',
        ],
      ),
    )
    .action((file: string, options: Omit<Options, 'file'>) => run(plan, { ...options, file }));
  addFieldsOption(addProposalOptions(command), CHANGE_COLUMNS);
};

/** @throws {GoblinError} exit 8 if there is something to change */
export async function plan(context: Context, options: Options): Promise<void> {
  const { rows, moved } = await propose(context, options);
  if (moved && !options.replace) await context.log.warn(movedOn().message);
  await context.output.list(options.fields ?? changeColumns(rows), rows, {
    empty: 'Nothing would change.',
  });
  if (rows.length === 0) return;
  const message = plural(rows.length, 'flag would change', 'flags would change');
  throw new GoblinError('difference', 'flags_differ', message);
}
