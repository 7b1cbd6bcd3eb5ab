import type { Context } from '../../context.ts';
import { withSetting } from '../../stores/flag-settings.ts';
import { type Declare, describe } from '../command.ts';
import { addDryRun, type EditOptions, edit } from './edit.ts';
import { requireKnown } from './names.ts';
import { flagColumns, flagRow } from './rows.ts';

interface Options extends EditOptions {
  flags: string[];
}

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('unset <flag...>')
    .summary('take flags out, so that their defaults hold')
    .description(
      describe(
        'Takes flags out of the document, so that their defaults hold; others are off then.',
        ['goblin flags unset new_ui_enabled', 'goblin flags unset old_banner --dry-run'],
      ),
    )
    .action((flags: string[], options: EditOptions) =>
      run(unset, { ...options, flags: [...new Set(flags)] }),
    );
  addDryRun(command);
};

/** Removes flags with their timers. @throws {GoblinError} exit 3, nothing written, where one is unknown */
export async function unset(context: Context, { flags, ...options }: Options): Promise<void> {
  const settings = await edit(context, flags, options, (before) => {
    requireKnown(flags, before);
    return flags.reduce((changed, flag) => withSetting(changed, flag, null), before);
  });
  const rows = flags.map((flag) => flagRow(flag, settings, context.now()));
  await context.output.list(flagColumns(rows), rows);
}
