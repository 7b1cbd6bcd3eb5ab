import { Argument } from 'commander';
import { offering } from '../../arguments/offered.ts';
import type { Context } from '../../context.ts';
import type { FlagValue } from '../../shards/flag-value.ts';
import { type Declare, describe } from '../command.ts';
import { type AssignOptions, addAssignOptions, assign } from './edit.ts';
import { flagColumns, flagRow } from './rows.ts';
import { parseFlagValue } from './value.ts';
import { WRITE_HELP } from './write.ts';

interface Options extends AssignOptions {
  flag: string;
  value: FlagValue;
}

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('set')
    .argument('<flag>')
    .addArgument(offering(new Argument('<value>'), ['true', 'false', '5', '10', '25', '50']))
    .summary('give a flag a value: true, false, or percent of users')
    .description(
      describe(
        'Sets a flag to true, false, or 0 to 100: on for that percentage of users. Without --for it stays, ' +
          `and a timer that the flag had is over. Edges follow within 60 s. ${WRITE_HELP}`,
        [
          'goblin flags set new_ui_enabled true',
          'goblin flags set new_ui_enabled 25',
          'goblin flags set api_enabled false --for 30m',
          'goblin flags set dark_mode 5 --create',
        ],
      ),
    )
    .action((flag: string, value: string, options: AssignOptions) =>
      run(set, { ...options, flag, value: parseFlagValue(value) }),
    );
  addAssignOptions(command);
};

/** Sets one flag, for two reads and a write. */
export async function set(context: Context, { flag, value, ...options }: Options): Promise<void> {
  const row = flagRow(flag, await assign(context, [flag], value, options), context.now());
  await context.output.one(flagColumns([row]), row);
}
