import type { Context } from '../../context.ts';
import { usageError } from '../../contract/errors.ts';
import type { FlagDetails, StoredFlags } from '../../flags/store.ts';
import type { Column } from '../../output/columns.ts';
import { type Declare, describe as help } from '../command.ts';
import { addEditOptions, type EditOptions, edit } from './edit.ts';
import { NO_DETAILS } from './edit-lines.ts';
import { requireKnown } from './names.ts';
import { FLAG_COLUMNS, type FlagRow, flagRow } from './rows.ts';
import { isInDatabase, look, openFlagDatabase } from './stored.ts';

interface Options extends EditOptions, Partial<FlagDetails> {
  flag: string;
}

interface DescribedRow extends FlagRow, FlagDetails {
  version: number | null;
  updated_at: number | null;
  updated_by: string | null;
}

const [FLAG, VALUE, UNTIL, THEN, ...REST] = FLAG_COLUMNS as readonly Column<DescribedRow>[];
const COLUMNS = [
  FLAG,
  VALUE,
  UNTIL,
  THEN,
  { name: 'description', kind: 'text' },
  { name: 'owner', kind: 'text' },
  { name: 'permanent', kind: 'boolean' },
  { name: 'version', kind: 'number' },
  { name: 'updated_at', kind: 'time' },
  { name: 'updated_by', kind: 'text' },
  ...REST,
] as readonly Column<DescribedRow>[];

const MOST_CHARACTERS = 1000;

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('describe <flag>')
    .summary('what a flag is for and whose it is; sets that too')
    .description(
      help(
        'Shows all that is known of a flag: what it is for, whose it is, its version, and who changed it last. ' +
          'With options it sets owner and description, or marks the flag as one that is meant to stay, which ' +
          '`goblin flags stale` leaves out. An empty text takes one away. Needs a D1 database.',
        [
          'goblin flags describe new_ui_enabled',
          'goblin flags describe new_ui_enabled --owner web --description "the new start page"',
          'goblin flags describe api_enabled --permanent',
        ],
      ),
    )
    .option('--owner <name>', 'who answers for it', parseDetail)
    .option('--description <text>', 'what it is for', parseDetail)
    .option('--permanent', 'it is meant to stay')
    .option('--no-permanent', 'it is meant to go one day')
    .action((flag: string, options: Omit<Options, 'flag'>) => run(describe, { ...options, flag }));
  addEditOptions(command);
  // Neither one nor the other, unless it is said.
  command.setOptionValue('permanent', undefined);
};

function parseDetail(text: string): string {
  if (text.length <= MOST_CHARACTERS) return text.trim();
  const message = `the text has ${text.length} characters`;
  throw usageError('bad_detail', message, `It may have ${MOST_CHARACTERS}.`);
}

/** Shows or sets what belongs to a flag. @throws {GoblinError} exit 3 for an unknown flag, 4 without a database */
export async function describe(context: Context, options: Options): Promise<void> {
  const { flag, owner, description, permanent, ...rest } = options;
  if (!(await isInDatabase(context))) await openFlagDatabase(context);
  const given = Object.entries({ owner, description, permanent }).filter(
    ([, value]) => value !== undefined,
  );
  if (given.length > 0) {
    await edit(context, [flag], rest, asKnown(flag), (stored) => {
      const { description, owner, permanent } = stored.rows.get(flag) ?? NO_DETAILS;
      const changed = given.map(([name, value]) => [name, value === '' ? null : value]);
      return new Map([
        [flag, { description, owner, permanent, ...Object.fromEntries(changed) } as FlagDetails],
      ]);
    });
  }
  await context.output.one(COLUMNS, describedRow(flag, await look(context), context.now()));
}

/** The settings as they are; a built-in flag that is not set gets a row with its default. */
function asKnown(flag: string) {
  return (settings: StoredFlags['settings']) => {
    requireKnown([flag], settings);
    if (settings.has(flag)) return settings;
    return new Map([...settings, [flag, { value: undefined, timer: null }]]);
  };
}

function describedRow(flag: string, stored: StoredFlags, now: number): DescribedRow {
  requireKnown([flag], stored.settings);
  const row = stored.rows.get(flag);
  const { description, owner, permanent } = row ?? NO_DETAILS;
  const { version = null, updated_at = null, updated_by = null } = row ?? {};
  const shown = flagRow(flag, stored, now);
  return { ...shown, description, owner, permanent, version, updated_at, updated_by };
}
