/** How flags are changed by name: read, change, confirm, write, with each step reported on stderr. */

import { type Command, Option } from 'commander';
import type { Context } from '../../context.ts';
import {
  changedFlags,
  defaultOf,
  resolved,
  type Setting,
  type Settings,
  withSetting,
} from '../../flags/settings.ts';
import type { FlagChange, FlagStore, StoredFlags } from '../../flags/store.ts';
import { relative } from '../../output/time.ts';
import { changing } from '../../plan/audit.ts';
import { type FlagValue, isFlagValue } from '../../shards/flag-value.ts';
import { confirmLockout, isLockout } from './lockout.ts';
import { checkNewName, requireKnown } from './names.ts';
import { settingText } from './rows.ts';
import { openFlags, refuseBroken } from './stored.ts';
import { parseFor } from './value.ts';
import { addVerify, type WriteOptions, write } from './write.ts';

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
  return addVerify(command.option('--dry-run', 'show what would be written, and stop'));
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

/** Gives `flags` a value. @returns the settings after that */
export async function assign(
  context: Context,
  flags: readonly string[],
  value: FlagValue,
  options: AssignOptions,
): Promise<Settings> {
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

/**
 * Changes the flags named, as `change` says; nothing is written if it changes nothing.
 * @returns the settings after that, or as they would be
 * @throws {GoblinError} `broken_document`, exit 1; `not_confirmed`, exit 6, if it turns the API off and nobody
 *   agreed; and what `change` and `write` throw
 */
export async function edit(
  context: Context,
  flags: readonly string[],
  options: EditOptions,
  change: ChangeOf,
): Promise<Settings> {
  const store = await openFlags(context);
  let planned = await planEdit(context, store, flags, change);
  if (planned.change !== null && !options.dryRun) {
    context.refuseReadOnly('cannot change flags');
    if (!options.yes && isLockout(planned, context.now())) {
      await confirmLockout(context, planned);
      // Somebody may have changed the flags while the question stood.
      planned = await planEdit(context, store, flags, change);
    }
  }
  if (planned.change === null) return nothingToChange(context, flags, planned);
  if (options.dryRun) {
    await context.announceTarget();
    await wouldChange(context, planned);
    return planned.after;
  }
  const changed = { ...planned, change: planned.change };
  const target = flags.length === 1 ? (flags[0] ?? null) : null;
  await changing(context, { target, details: { changes: planned.lines } }, () =>
    write(context, changed, options, planned.lines),
  );
  return planned.after;
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
): Promise<PlannedEdit> {
  const stored = await store.read();
  refuseBroken(stored);
  const now = context.now();
  const before = resolved(stored.settings, now);
  const after = change(before, now);
  const lines = changeLines(stored, before, after, now);
  const isChanged = lines.length > 0;
  return { stored, before, after, change: isChanged ? stored.change(after, flags) : null, lines };
}

async function nothingToChange(
  context: Context,
  flags: readonly string[],
  { after }: PlannedEdit,
): Promise<Settings> {
  const now = context.now();
  const state = flags.map((flag) => `${flag} is ${settingText(flag, after.get(flag), now)}`);
  await context.log.note(`Nothing to change: ${state.join(', ')}.`);
  return after;
}

function changeLines(
  { expiration, ignored }: StoredFlags,
  before: Settings,
  after: Settings,
  now: number,
): string[] {
  const changes = changedFlags(before, after).map(
    (flag) =>
      `${flag}: ${settingText(flag, before.get(flag), now)} → ${settingText(flag, after.get(flag), now)}`,
  );
  if (expiration !== null) {
    changes.push(`expiry of all flags: ${relative(expiration * 1000, now)} → never`);
  }
  if (ignored !== null && changes.length > 0) changes.push(`metadata: dropped ${ignored}`);
  return changes;
}
