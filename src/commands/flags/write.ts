/** Stores a change of flags, and reports what became of it. */
import { type Command, Option } from 'commander';
import type { Context } from '../../context.ts';
import { GoblinError, usageError } from '../../contract/errors.ts';
import { changedFlags, resolved, type Settings, withBuiltIns } from '../../flags/settings.ts';
import {
  type EditOutcome,
  type FlagChange,
  SETTLE_MS,
  type StoredFlags,
} from '../../flags/store.ts';
import type { AuditInBatch } from '../../tables/audit.ts';
import { settingText } from './rows.ts';
import { DEFAULT_WAIT, parseWait, watchFor } from './wait.ts';

/** Flags that a message names one by one. */
const MOST_NAMED = 3;

export interface WriteOptions {
  /** False: neither wait nor look for other edits. */
  verify?: boolean;
  /** Why, for the history. */
  message?: string;
  /** Milliseconds to watch the edge for the change. */
  wait?: number;
}

const WAIT = `${SETTLE_MS / 1000} s`;

/** What the help of every command says that writes flags. */
export const WRITE_HELP =
  'With a D1 database, flags and their history are there, and KV holds a copy for 5 minutes at most; of two ' +
  `edits of a flag at once, one fails with exit 1. Without one, it waits ${WAIT} after the write and reads the ` +
  'flags again. If another edit has replaced this one, both are merged and written again; if both changed the ' +
  `same flag, this one fails with exit 1. --no-verify skips that. It notices every edit by goblin that takes at ` +
  `most ${WAIT} from its read to its write; a slower one is exit 5. It does not notice later writes of other ` +
  'tools, nor an edit that was based on an older state, which another location of Cloudflare may show for up ' +
  'to 60 s.';

/** Characters of a reason: a sentence or two, not a log. */
const MOST_REASON = 1000;

export function addVerify(command: Command): Command {
  return command.option('--no-verify', `do not wait ${WAIT} and look for other edits`);
}

/** Declares what every command takes that writes flags. */
export function addWriteOptions(command: Command): Command {
  const message = new Option('-m, --message <why>', 'why, for `goblin flags history`');
  const wait = new Option(
    '--wait [duration]',
    `watch the edge until it obeys, ${DEFAULT_WAIT} at most`,
  );
  return addVerify(
    command
      .addOption(message.argParser(parseReason))
      .addOption(wait.preset(DEFAULT_WAIT).argParser(parseWait)),
  );
}

/** @throws {GoblinError} exit 2 */
function parseReason(text: string): string {
  const reason = text.trim();
  if (reason !== '' && reason.length <= MOST_REASON) return reason;
  throw usageError(
    'bad_message',
    reason === '' ? 'the reason is empty' : `the reason has ${reason.length} characters`,
    `Say why in 1 to ${MOST_REASON} characters.`,
  );
}

interface Changed {
  /** What was read. */
  stored: StoredFlags;
  after: Settings;
  /** From the one to the other. */
  change: FlagChange;
  /** The audit row, unless a plan writes it. */
  audit?: AuditInBatch;
}

/**
 * Stores a change, and says `done` once it is stored.
 * @throws {GoblinError} `concurrent_edit` if somebody else changed the same flags, all of them (exit 1) or
 *   some (exit 5); `late_write` and `unsettled` (exit 5); and what `FlagChange.store` throws
 */
export async function write(
  context: Context,
  changed: Changed,
  { verify = true, message: reason, wait }: WriteOptions,
  done: readonly string[] = [],
): Promise<void> {
  const watch = wait === undefined ? null : await watchFor(context, changesOf(context, changed));
  const { stored, change, audit } = changed;
  const { source } = stored;
  if (source === 'kv' && reason !== undefined) {
    await context.log.warn('flags in KV have no history, so the reason is not kept');
  }
  const actor = source === 'd1' ? { actor: (await context.actor()).name } : {};
  const outcome = await change.store({ verify, reason, audit, ...actor });
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
  await watch?.(wait ?? 0);
}

/** The flags whose settings change, and the settings that they get. */
function changesOf(context: Context, { stored, after }: Changed) {
  return { flags: changedFlags(resolved(stored.settings, context.now()), after), after };
}

/** Names the built-in flags that are written although they were not asked for. */
async function tellOfDefaults({ log }: Context, { stored, after }: Changed): Promise<void> {
  if (stored.source === 'd1') return;
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
      ({ flag, found, wanted, by = null }) =>
        `${flag} is ${settingText(flag, found, now)} now, not ${settingText(flag, wanted, now)}` +
        (by === null ? '' : ` (set by ${by})`),
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
