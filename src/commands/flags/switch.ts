/** `enable` and `disable`: the same command but for the value. */
import type { Context } from '../../context.ts';
import { type Declare, describe } from '../command.ts';
import { type AssignOptions, addAssignOptions, assign } from './edit.ts';
import { flagColumns, flagRow } from './rows.ts';
import { WRITE_HELP } from './write.ts';

interface Options extends AssignOptions {
  flags: string[];
  value: boolean;
}

function switching(verb: string, value: boolean, example: string): Declare {
  return (noun, run) => {
    const command = noun
      .command(`${verb} <flag...>`)
      .summary(`set flags to ${value}`)
      .description(
        describe(`Sets flags to ${value}, all in one write. ${WRITE_HELP}`, [
          `goblin flags ${verb} ${example}`,
          `goblin flags ${verb} ${example} --for 1h`,
        ]),
      )
      .action((flags: string[], options: AssignOptions) =>
        run(switchAll, { ...options, value, flags: [...new Set(flags)] }),
      );
    addAssignOptions(command);
  };
}

export const enable = switching('enable', true, 'new_ui_enabled');
export const disable = switching('disable', false, 'new_ui_enabled rate_limiting_enabled');

/** Sets flags to one value, for two reads and a write. */
async function switchAll(context: Context, { flags, value, ...options }: Options): Promise<void> {
  const edited = await assign(context, flags, value, options);
  const rows = flags.map((flag) => flagRow(flag, edited, context.now()));
  await context.output.list(flagColumns(rows), rows);
}
