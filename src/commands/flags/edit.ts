/** How flags are changed by name: read, change, confirm, write, with each step reported on stderr. */

import { type Command, Option } from 'commander';
import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import {
  defaultOf,
  resolved,
  type Setting,
  type Settings,
  withSetting,
} from '../../flags/settings.ts';
import type { DetailsByFlag, FlagChange, FlagStore, StoredFlags } from '../../flags/store.ts';
import { changing } from '../../plan/audit.ts';
import { type FlagValue, isFlagValue } from '../../shards/flag-value.ts';
import { changeLines, detailLines, rolloutLines } from './edit-lines.ts';
import { confirmLockout, isLockout } from './lockout.ts';
import { checkNewName, requireKnown } from './names.ts';
import { type Shown, settingText } from './rows.ts';
import { heal, openFlags, refuseBroken } from './stored.ts';
import { parseFor, warnOfShort } from './value.ts';
import { addWriteOptions, type WriteOptions, write } from './write.ts';

export interface EditOptions extends WriteOptions {
  dryRun?: boolean;
  /** Turn the API off without a question. */
  yes?: boolean;
}

export interface AssignOptions extends EditOptions {
  /** Milliseconds after which the flag goes back. */
  for?: number;
  create?: boolean;
}

/** Declares what every command takes that changes flags by name. */
export function addEditOptions(command: Command): Command {
  return addWriteOptions(command.option('--dry-run', 'show what would be written, and stop'));
}

/** Declares what every command takes that gives flags a value. */
export function addAssignOptions(command: Command): Command {
  const duration = new Option('--for <duration>', 'go back by itself after 30m, 2h, …');
  command
    .addOption(duration.argParser(parseFor))
    .option('--create', 'add a flag that is new')
    .option('-y, --yes', 'do not ask before the API is turned off');
  return addEditOptions(command);
}

/** Gives `flags` a value. @returns the flags after that */
export async function assign(
  context: Context,
  flags: readonly string[],
  value: FlagValue,
  options: AssignOptions,
): Promise<Shown> {
  await warnOfShort(context, options.for);
  return edit(context, flags, options, (settings, now) => {
    const until = options.for === undefined ? null : now + options.for;
    for (const flag of flags) {
      if (!options.create) requireKnown([flag], settings, 'usage');
      else if (!settings.has(flag)) checkNewName(flag);
    }
    return flags.reduce(
      (changed, flag) =>
        withSetting(changed, flag, given(changed.get(flag), value, until, defaultOf(flag))),
      settings,
    );
  });
}

/**
 * The new setting. A timer goes back to what was there before the timer that it replaces, or to `otherwise`
 * where nothing was.
 */
function given(
  current: Setting | undefined,
  value: FlagValue,
  until: number | null,
  otherwise: FlagValue | null,
): Setting {
  const lasting = current?.timer ? current.timer.then : current?.value;
  const then = isFlagValue(lasting) ? lasting : otherwise;
  return { value, timer: until === null || then === value ? null : { until, then } };
}

type ChangeOf = (settings: Settings, now: number) => Settings;

/** New details of flags, by what is stored. */
type DetailsOf = (stored: StoredFlags) => DetailsByFlag;
const NO_DETAILS: DetailsOf = () => new Map();

/**
 * Changes the flags named, as `change` says; nothing is written if it changes nothing.
 * @returns the flags after that, or as they would be
 * @throws {GoblinError} `broken_document`, exit 1; `not_confirmed`, exit 6, if it turns the API off and nobody
 *   agreed; and what `change` and `write` throw
 */
export async function edit(
  context: Context,
  flags: readonly string[],
  options: EditOptions,
  change: ChangeOf,
  details: DetailsOf = NO_DETAILS,
): Promise<Shown> {
  const store = await openFlags(context);
  const plan = () => planEdit(context, store, flags, change, details);
  let planned = await plan();
  if (planned.change !== null && !options.dryRun) {
    context.refuseReadOnly('cannot change flags');
    if (!options.yes && isLockout(planned, context.now())) {
      await confirmLockout(context, planned);
      // Somebody may have changed the flags while the question stood.
      planned = await plan();
    }
  }
  const { source, rows } = planned.stored;
  if (planned.change === null) {
    await nothingToChange(context, flags, planned);
    if (!options.dryRun) await heal(context, store, planned.stored);
    return { settings: planned.after, source, rows };
  }
  if (options.dryRun) {
    await context.announceTarget();
    await wouldChange(context, planned);
    return { settings: planned.after, source, rows: new Map() };
  }
  const changed = { ...planned, change: planned.change };
  const target = flags.length === 1 ? (flags[0] ?? null) : null;
  await changing(context, { target, details: { changes: planned.lines } }, (audit) =>
    write(context, { ...changed, audit }, options, planned.lines),
  );
  return { settings: planned.after, source, rows: new Map() };
}

async function wouldChange({ log }: Context, { lines }: PlannedEdit): Promise<void> {
  for (const line of lines) await log.note(`Would change ${line}`);
}

/** What an edit would change of the flags as they are stored. */
interface PlannedEdit {
  stored: StoredFlags;
  before: Settings;
  after: Settings;
  /** Null if nothing would be written. */
  change: FlagChange | null;
  /** A line for each change. */
  lines: string[];
}

async function planEdit(
  context: Context,
  store: FlagStore,
  flags: readonly string[],
  change: ChangeOf,
  details: DetailsOf,
): Promise<PlannedEdit> {
  const stored = await store.read();
  refuseBroken(stored);
  const now = context.now();
  const before = resolved(stored.settings, now);
  const after = change(before, now);
  const described = details(stored);
  if (described.size > 0 && stored.source === 'kv') throw noPlaceForDetails();
  const lines = [
    ...changeLines(stored, before, after, now),
    ...rolloutLines(stored, flags, after),
    ...detailLines(stored, described),
  ];
  const stores = lines.length > 0 ? stored.change(after, flags, described) : null;
  return { stored, before, after, change: stores, lines };
}

function noPlaceForDetails(): GoblinError {
  const message = 'owner and description are kept in D1, and the flags are in KV';
  return new GoblinError('access', 'no_database', message, {
    hint: 'Apply the migrations to the D1 database.',
  });
}

async function nothingToChange(
  context: Context,
  flags: readonly string[],
  { after }: PlannedEdit,
): Promise<void> {
  const now = context.now();
  const state = flags.map((flag) => `${flag} is ${settingText(flag, after.get(flag), now)}`);
  await context.log.note(`Nothing to change: ${state.join(', ')}.`);
}
