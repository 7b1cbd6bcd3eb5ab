import type { Context } from '../../context.ts';
import { type Declare, describe } from '../command.ts';
import { requireKnown } from './names.ts';
import { flagColumns, flagRow } from './rows.ts';
import { look } from './stored.ts';

interface Options {
  flag: string;
}

export const declare: Declare = (noun, run) => {
  noun
    .command('get <flag>')
    .summary('one flag')
    .description(
      describe('One flag: the value that it has at the edge now, until when, and what then.', [
        'goblin flags get new_ui_enabled',
        'goblin flags get new_ui_enabled --json',
      ]),
    )
    .action((flag: string) => run(get, { flag }));
};

/** Shows one flag. @throws {GoblinError} exit 3 if it is neither set nor built in */
export async function get(context: Context, { flag }: Options): Promise<void> {
  const stored = await look(context);
  requireKnown([flag], stored.settings);
  const row = flagRow(flag, stored, context.now());
  await context.output.one(flagColumns([row]), row);
}
