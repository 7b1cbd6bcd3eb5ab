/** How flags are changed by name: read, change, write, read back, and every step told on stderr. */
import { type Command, Option } from 'commander';
import type { Context } from '../../context.ts';
import { readBasis } from '../../flags/edit.ts';
import { flagsWrite, type StoredFlags } from '../../flags/kv-store.ts';
import {
  changedFlags,
  defaultOf,
  resolved,
  type Setting,
  type Settings,
  withSetting,
} from '../../flags/settings.ts';
import { relative } from '../../output/time.ts';
import { type FlagValue, isFlagValue } from '../../shards/flag-value.ts';
import { checkNewName, requireKnown } from './names.ts';
import { settingText } from './rows.ts';
import { refuseBroken } from './stored.ts';
import { parseFor } from './value.ts';
import { addVerify, type WriteOptions, write } from './write.ts';

export interface EditOptions extends WriteOptions {
  dryRun?: boolean;
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
  command.addOption(duration.argParser(parseFor)).option('--create', 'add a flag that is new');
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

/**
 * Changes the flags named, as `change` says; nothing is written where nothing is changed by it.
 * @returns the settings after that, or as they would be
 * @throws {GoblinError} `broken_document`, and what `change` and `write` throw
 */
export async function edit(
  context: Context,
  flags: readonly string[],
  options: EditOptions,
  change: (settings: Settings, now: number) => Settings,
): Promise<Settings> {
  const basis = await readBasis({ kv: await context.kv(), now: context.now });
  const { stored } = basis;
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
  if (!options.dryRun) await write(context, { basis, after, named: flags }, options, lines);
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
