/** How flags are changed by name: read, change, write, read back, and every step told on stderr. */
import { type Command, Option } from 'commander';
import type { Context } from '../../context.ts';
import { relative } from '../../output/time.ts';
import { type FlagValue, isFlagValue } from '../../shards/flag-value.ts';
import {
  changedFlags,
  resolved,
  type Setting,
  type Settings,
  withSetting,
} from '../../stores/flag-settings.ts';
import { flagsWrite, readFlags, type StoredFlags } from '../../stores/flags.ts';
import { checkNewName, requireKnown } from './names.ts';
import { settingText } from './rows.ts';
import { refuseBroken } from './stored.ts';
import { parseFor } from './value.ts';
import { write } from './write.ts';

export interface EditOptions {
  dryRun?: boolean;
}

export interface AssignOptions extends EditOptions {
  /** Milliseconds after which the flag goes back. */
  for?: number;
  create?: boolean;
}

export function addDryRun(command: Command): Command {
  return command.option('--dry-run', 'show what would be written, and stop');
}

/** Declares what every command takes that gives flags a value. */
export function addAssignOptions(command: Command): Command {
  const duration = new Option('--for <duration>', 'go back by itself after 30m, 2h, …');
  command.addOption(duration.argParser(parseFor)).option('--create', 'add a flag that is new');
  return addDryRun(command);
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
      (changed, flag) => withSetting(changed, flag, given(changed.get(flag), value, until)),
      settings,
    );
  });
}

/** The new setting. A timer goes back to what was there before the timer that it replaces. */
function given(current: Setting | undefined, value: FlagValue, until: number | null): Setting {
  const lasting = current?.timer ? current.timer.then : current?.value;
  const then = isFlagValue(lasting) ? lasting : null;
  return { value, timer: until === null || then === value ? null : { until, then } };
}

/**
 * Changes the flags named, as `change` says; nothing is written where nothing is changed by it.
 * @returns the settings after that, or as they would be
 * @throws {GoblinError} `broken_document`, and what `change` and `write` throw
 */
export async function edit(
  context: Context,
  flags: readonly string[],
  { dryRun }: EditOptions,
  change: (settings: Settings, now: number) => Settings,
): Promise<Settings> {
  const kv = await context.kv();
  const stored = await readFlags(kv);
  refuseBroken(stored);
  const now = context.now();
  const before = resolved(stored.settings, now);
  const after = change(before, now);
  const lines = changeLines(stored, before, after, now);
  if (lines.length === 0) {
    const state = flags.map((flag) => `${flag} is ${settingText(flag, after.get(flag), now)}`);
    await context.log.note(`Nothing to change: ${state.join(', ')}.`);
    return after;
  }
  // Throws where it does not fit, before anything is said of a change.
  flagsWrite(stored, after);
  await context.announceTarget();
  if (!dryRun) await write(context, kv, stored, after, lines);
  else for (const line of lines) await context.log.note(`Would change ${line}`);
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
