import type { Context } from '../../context.ts';
import { unsetSetting, withSetting } from '../../flags/settings.ts';
import { type Declare, describe } from '../command.ts';
import { addEditOptions, type EditOptions, edit } from './edit.ts';
import { requireKnown } from './names.ts';
import { flagColumns, flagRow } from './rows.ts';
import { WRITE_HELP } from './write.ts';

interface Options extends EditOptions {
  flags: string[];
}

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('unset <flag...>')
    .summary('make flags what they are by default')
    .description(
      describe(
        'Gives built-in flags their defaults and takes other flags out, which are off then. Built-in flags ' +
          `are always stored, for older Workers take an absent flag as off. ${WRITE_HELP}`,
        ['goblin flags unset new_ui_enabled', 'goblin flags unset old_banner --dry-run'],
      ),
    )
    .action((flags: string[], options: EditOptions) =>
      run(unset, { ...options, flags: [...new Set(flags)] }),
    );
  addEditOptions(command);
};

/** Removes flags with their timers. @throws {GoblinError} exit 3, nothing written, where one is unknown */
export async function unset(context: Context, { flags, ...options }: Options): Promise<void> {
  const edited = await edit(context, flags, options, (before) => {
    requireKnown(flags, before);
    return flags.reduce((changed, flag) => withSetting(changed, flag, unsetSetting(flag)), before);
  });
  const rows = flags.map((flag) => flagRow(flag, edited, context.now()));
  await context.output.list(flagColumns(rows), rows);
}
