import type { Context } from '../../context.ts';
import type { Column } from '../../shards/shard.ts';
import { type Declare, describe } from '../command.ts';

export const declare: Declare = (noun, run) => {
  noun
    .command('show')
    .summary('each setting and where it comes from')
    .description(
      describe('Each setting and where it comes from. Secrets are named, never shown.', [
        'goblin config show',
        'goblin config show --env staging --json',
      ]),
    )
    .action(() => run(show, {}));
};

const columns: readonly Column[] = [
  { name: 'setting', kind: 'text' },
  { name: 'value', kind: 'text' },
  { name: 'origin', kind: 'text' },
  { name: 'problem', kind: 'text' },
];

/** Lists the settings, those with problems too: this is what one runs when nothing else runs. */
export async function show(context: Context): Promise<void> {
  const { configRows } = await import('../../config/describe.ts');
  const rows = await configRows(await context.config(), context.io.env);
  await context.output.list(
    columns,
    rows.map((row) => ({ ...row })),
  );
}
