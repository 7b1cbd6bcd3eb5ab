/** Stores a change of flags, and reports what became of it. */
import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import { type Settings, withBuiltIns } from '../../flags/settings.ts';
import {
  type EditOutcome,
  type FlagChange,
  SETTLE_MS,
  type StoredFlags,
} from '../../flags/store.ts';
import { settingText } from './rows.ts';

/** Flags that a message names one by one. */
const MOST_NAMED = 3;

export interface WriteOptions {
  /** False: neither wait nor look for other edits. */
  verify?: boolean;
}

const WAIT = `${SETTLE_MS / 1000} s`;

/** What the help of every command says that writes flags. */
export const WRITE_HELP =
  `After the write it waits ${WAIT} and reads the flags again. If another edit has replaced this one, both are ` +
  'merged and written again; if both changed the same flag, this one fails with exit 1. --no-verify skips ' +
  `that. It notices every edit by goblin that takes at most ${WAIT} from its read to its write; a slower one ` +
  'is exit 5. It does not notice later writes of other tools, nor an edit that was based on an older state, ' +
  'which another location of Cloudflare may show for up to 60 s.';

export function addVerify(command: Command): Command {
  return command.option('--no-verify', `do not wait ${WAIT} and look for other edits`);
}

interface Changed {
  /** What was read. */
  stored: StoredFlags;
  after: Settings;
  /** From the one to the other. */
  change: FlagChange;
}

/**
 * Stores a change, and says `done` once it is stored.
 * @throws {GoblinError} `concurrent_edit` if somebody else changed the same flags, all of them (exit 1) or
 *   some (exit 5); `late_write` and `unsettled` (exit 5); and what `FlagChange.store` throws
 */
export async function write(
  context: Context,
  changed: Changed,
  { verify = true }: WriteOptions,
  done: readonly string[] = [],
): Promise<void> {
  await warnOfD1(context);
  const outcome = await changed.change.store({ verify });
  if (outcome.lost.length > 0) throw concurrentEdit(context, outcome);
  for (const line of done) await context.log.note(line);
  await tellOfDefaults(context, changed);
  await tellOfOthers(context, outcome);
  if (outcome.late !== null) throw lateWrite(outcome.late.tookMs);
  if (outcome.doubt === 'unsettled') throw unsettled();
  await context.log.note(
    outcome.doubt === 'stale'
      ? 'KV does not show the change yet; look again in a minute with `goblin flags list`.'
      : 'Edges follow within 60 s.',
  );
}

/** Warns that older Workers stop reading the flags in D1 once KV holds some. */
async function warnOfD1(context: Context): Promise<void> {
  const file = await (await context.config()).wranglerFile();
  const database = file?.d1Databases.value[0];
  if (!file || !database) return;
  await context.log.warn(
    `${file.label} binds a D1 database as ${database.binding}: older Workers read the flags in it only ` +
      'while KV holds none, and from now on KV holds them without expiry',
  );
  await context.log.note('`goblin kv delete feature_flags` makes such Workers read D1 again.');
}

/** Names the built-in flags that are written although they were not asked for. */
async function tellOfDefaults({ log }: Context, { stored, after }: Changed): Promise<void> {
  const isAdded = (flag: string) =>
    stored.settings.get(flag)?.value === undefined && after.get(flag)?.value === undefined;
  const added = [...withBuiltIns(after).keys()].filter(isAdded);
  if (added.length === 0) return;
  await log.note(
    `Older Workers take an absent flag as off, so these are stored with their defaults: ${added.join(', ')}.`,
  );
}

async function tellOfOthers({ log }: Context, { writes, alsoChanged }: EditOutcome) {
  if (writes > 1) await log.warn('another edit had replaced this one; it was written again');
  if (alsoChanged.length === 0) return;
  const names = alsoChanged.slice(0, MOST_NAMED).join(', ');
  await log.warn(`another edit changed ${names} at the same time; both hold`);
}

function concurrentEdit(context: Context, { flags, lost }: EditOutcome): GoblinError {
  const now = context.now();
  const differences = lost
    .slice(0, MOST_NAMED)
    .map(
      ({ flag, found, wanted }) =>
        `${flag} is ${settingText(flag, found, now)} now, not ${settingText(flag, wanted, now)}`,
    );
  const more = lost.length > MOST_NAMED ? `, and ${lost.length - MOST_NAMED} more` : '';
  return new GoblinError(
    lost.length < flags.length ? 'partial' : 'failed',
    'concurrent_edit',
    `another edit came at the same time: ${differences.join(', ')}${more}`,
    {
      hint: 'Look with `goblin flags list`, agree on who goes first, and run the command again.',
      retryable: true,
    },
  );
}

function lateWrite(tookMs: number): GoblinError {
  const took = `${(tookMs / 1000).toFixed(1)} s`;
  const message = `the flags are stored, but it took ${took}: an edit made meanwhile may have been replaced`;
  return new GoblinError('partial', 'late_write', message, {
    hint: `Others wait ${WAIT} for this. Look with \`goblin flags list\` whether all is as it should be.`,
  });
}

function unsettled(): GoblinError {
  const message = 'the change is there, but others edit the flags so often that it may not stay';
  return new GoblinError('partial', 'unsettled', message, {
    hint: 'Look again with `goblin flags list`.',
  });
}
