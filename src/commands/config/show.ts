import { addFieldsOption, type FieldsFlag } from '../../arguments/fields.ts';
import type { ConfigRow } from '../../config/describe.ts';
import type { Context } from '../../context.ts';
import type { Column } from '../../output/columns.ts';
import { type Declare, describe } from '../command.ts';

const COLUMNS: readonly Column<ConfigRow>[] = [
  { name: 'setting', kind: 'text', role: 'identifier' },
  { name: 'value', kind: 'text' },
  { name: 'origin', kind: 'text', role: 'secondary' },
  { name: 'problem', kind: 'text' },
];

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('show')
    .summary('each setting and where it comes from')
    .description(
      describe('Each setting and where it comes from. Secrets are named, never shown.', [
        'goblin config show',
        'goblin config show --env staging --json',
      ]),
    );
  addFieldsOption(command, COLUMNS).action((options: FieldsFlag<ConfigRow>) => run(show, options));
};

/** Lists the settings, those with problems too: this is what one runs when nothing else runs. */
export async function show(context: Context, { fields }: FieldsFlag<ConfigRow>): Promise<void> {
  const { configRows } = await import('../../config/describe.ts');
  const rows = await configRows(await context.config(), context.io.env);
  await context.output.list(fields ?? COLUMNS, rows);
  if (context.format === 'table' && rows.some(isMissingFile)) {
    await context.log.note('There is no wrangler file here or above; `goblin init` writes one.');
  }
}

const isMissingFile = ({ setting, value, problem }: ConfigRow) =>
  setting === 'wrangler file' && value === null && problem === null;
