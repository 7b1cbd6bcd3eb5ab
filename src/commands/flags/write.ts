/** Writes flags and tells what reading them back has shown. */
import type { Context } from '../../context.ts';
import { GoblinError } from '../../errors.ts';
import { changedFlags, type Settings } from '../../stores/flag-settings.ts';
import { type ReadBack, type StoredFlags, writeFlags } from '../../stores/flags.ts';
import type { KvStore } from '../../stores/kv.ts';
import { settingText } from './rows.ts';

/** Flags that a message names one by one. */
const MOST_NAMED = 3;

/**
 * Writes `after` in place of `before`, and says `done` once it is written.
 * @throws {GoblinError} `concurrent_edit` where another edit has replaced all of the changes (exit 1) or
 *   some of them (exit 5), and what `writeFlags` throws
 */
export async function write(
  context: Context,
  kv: KvStore,
  before: StoredFlags,
  after: Settings,
  done: readonly string[] = [],
): Promise<void> {
  const readBack = await writeFlags(kv, before, after);
  const changes = changedFlags(before.settings, after).length;
  if (readBack.lost.length > 0) throw concurrentEdit(context, readBack, after, changes);
  for (const line of done) await context.log.note(line);
  if (readBack.alsoChanged.length > 0) {
    const others = readBack.alsoChanged.slice(0, MOST_NAMED).join(', ');
    await context.log.warn(`another edit changed ${others} at the same time; both hold`);
  }
  await context.log.note(
    readBack.stale
      ? 'KV does not show the change yet; look again in a minute with `goblin flags list`.'
      : 'Edges follow within 60 s.',
  );
}

function concurrentEdit(
  context: Context,
  { lost }: ReadBack,
  after: Settings,
  changes: number,
): GoblinError {
  const now = context.now();
  const differences = lost
    .slice(0, MOST_NAMED)
    .map(
      ({ flag, found }) =>
        `${flag} is ${settingText(flag, found, now)} now, not ${settingText(flag, after.get(flag), now)}`,
    );
  const more = lost.length > MOST_NAMED ? `, and ${lost.length - MOST_NAMED} more` : '';
  return new GoblinError(
    lost.length < changes ? 'partial' : 'failed',
    'concurrent_edit',
    `another edit came at the same time: ${differences.join(', ')}${more}`,
    {
      hint: 'Look with `goblin flags list`, agree on who goes first, and run the command again.',
      retryable: true,
    },
  );
}
