import type { Context } from '../../context.ts';
import { GoblinError, usageError } from '../../contract/errors.ts';
import { resolved, type Setting, unsetSetting, withSetting } from '../../flags/settings.ts';
import type { FlagDetails } from '../../flags/store.ts';
import { isFlagValue, timersOf } from '../../shards/flag-value.ts';
import { fieldsOf } from '../../shards/summary.ts';
import type { ChangeRecord } from '../../tables/flag-changes.ts';
import { type Declare, describe } from '../command.ts';
import { addEditOptions, type EditOptions, edit } from './edit.ts';
import { flagColumns, flagRow } from './rows.ts';
import { openFlagDatabase } from './stored.ts';
import { WRITE_HELP } from './write.ts';

interface Options extends EditOptions {
  flag: string;
  to: number;
}

/** Changes of a flag that are looked through. */
const MOST_CHANGES = 1000;

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('rollback <flag>')
    .summary('make a flag what it was at a version')
    .description(
      describe(
        'Gives a flag its value, timer, owner and description of a version in `goblin flags history`. That is a ' +
          'change of its own, with a version of its own. A timer that has run out since then has done its work. ' +
          `Version 0 is what was there before the first change. Needs a D1 database. ${WRITE_HELP}`,
        ['goblin flags history new_ui_enabled', 'goblin flags rollback new_ui_enabled --to 3'],
      ),
    )
    .requiredOption('--to <version>', 'the version', parseVersion)
    .option('-y, --yes', 'do not ask before the API is turned off')
    .action((flag: string, options: Omit<Options, 'flag'>) => run(rollback, { ...options, flag }));
  addEditOptions(command);
};

function parseVersion(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw usageError('bad_version', `"${text}" is not a valid version`, 'Write a whole number.');
}

/** @throws {GoblinError} `unknown_version`, exit 3; exit 4 without a database; and what `edit` throws */
export async function rollback(
  context: Context,
  { flag, to: version, ...options }: Options,
): Promise<void> {
  const changes = await (await openFlagDatabase(context)).history(flag, MOST_CHANGES);
  const state = stateAt(changes, version);
  if (state === undefined) throw unknownVersion(flag, version, changes);
  const message = options.message ?? `rollback to version ${version}`;
  const edited = await edit(
    context,
    [flag],
    { ...options, message },
    (settings, now) => withSetting(settings, flag, settingOf(flag, state, now)),
    () => new Map(state === null ? [] : [[flag, detailsOf(state)]]),
  );
  const row = flagRow(flag, edited, context.now());
  await context.output.one(flagColumns([row]), row);
}

type State = Record<string, unknown>;

/** What a flag was at a version; null where it was not set, undefined where nothing is known of that version. */
function stateAt(changes: readonly ChangeRecord[], version: number): State | null | undefined {
  const made = changes.find((change) => change.version === version);
  if (made) return stateOf(made.to_value);
  const next = changes.find((change) => change.version === version + 1);
  return next && stateOf(next.from_value);
}

const stateOf = (stored: unknown): State | null => (stored === null ? null : fieldsOf(stored));

function settingOf(flag: string, state: State | null, now: number): Setting | null {
  const { value, timer } = state ?? {};
  if (!isFlagValue(value)) return unsetSetting(flag);
  const setting = { value, timer: timersOf({ timers: { [flag]: timer } })[flag] ?? null };
  return resolved(new Map([[flag, setting]]), now).get(flag) ?? unsetSetting(flag);
}

function detailsOf({ description, owner, permanent }: State): FlagDetails {
  const textOf = (stored: unknown) => (typeof stored === 'string' ? stored : null);
  return {
    description: textOf(description),
    owner: textOf(owner),
    permanent: permanent === true,
  };
}

function unknownVersion(flag: string, version: number, changes: readonly ChangeRecord[]) {
  const known = changes.slice(0, 10).map((change) => change.version);
  return new GoblinError('notFound', 'unknown_version', `${flag} has no version ${version}`, {
    hint:
      known.length === 0
        ? 'No change of it is recorded; `goblin flags history` shows those of all flags.'
        : `The latest are: ${known.join(', ')}. \`goblin flags history ${flag}\` shows all.`,
  });
}
