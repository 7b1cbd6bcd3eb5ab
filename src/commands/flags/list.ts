import { addFieldsOption, type FieldsFlag } from '../../arguments/fields.ts';
import type { Context } from '../../context.ts';
import { type Declare, describe } from '../command.ts';
import { knownFlags } from './names.ts';
import { FLAG_COLUMNS, type FlagRow, flagColumns, flagRow } from './rows.ts';
import { look } from './stored.ts';

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('list')
    .summary('every flag, its value now, and until when')
    .description(
      describe('Every flag that is set or built in, with the value that it has at the edge now.', [
        'goblin flags list',
        'goblin flags list --json',
      ]),
    );
  addFieldsOption(command, FLAG_COLUMNS).action((options: FieldsFlag<FlagRow>) =>
    run(list, options),
  );
};

/** Lists the flags, for one read. */
export async function list(context: Context, { fields }: FieldsFlag<FlagRow>): Promise<void> {
  const stored = await look(context);
  const rows = knownFlags(stored.settings).map((flag) => flagRow(flag, stored, context.now()));
  await context.output.list(fields ?? flagColumns(rows), rows);
}
