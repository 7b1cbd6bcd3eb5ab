/** A change that turns the API off for somebody: the edge then refuses every request of theirs. */
import type { Context } from '../../context.ts';
import { type Settings, valueAt } from '../../flags/settings.ts';
import { confirm } from '../../plan/confirm.ts';

const FLAG = 'api_enabled';

/** A time by which all timers have run out. */
const IN_THE_END = Number.POSITIVE_INFINITY;

interface BeforeAndAfter {
  before: Settings;
  after: Settings;
}

/** Whether the API is on for fewer users after the change, at once or once all timers have run out. */
export function isLockout({ before, after }: BeforeAndAfter, now: number): boolean {
  return [now, IN_THE_END].some((time) => percentOn(after, time) < percentOn(before, time));
}

/**
 * Asks whether that is meant.
 * @throws {GoblinError} `not_confirmed`, exit 6
 */
export async function confirmLockout(
  context: Context,
  { after, lines }: BeforeAndAfter & { lines: readonly string[] },
): Promise<void> {
  const on = [context.now(), IN_THE_END].map((time) => percentOn(after, time));
  const off = 100 - Math.min(...on);
  const whom = off === 100 ? 'everybody' : `${off}% of users`;
  await confirm(
    context,
    {
      heading: `turn off the API for ${whom}`,
      async show() {
        for (const line of lines) await context.log.note(line);
        await context.log.warn(`the edge refuses every request of ${whom} while ${FLAG} is off`);
      },
    },
    {},
  );
}

function percentOn(settings: Settings, time: number): number {
  const value = valueAt(FLAG, settings.get(FLAG), time);
  return typeof value === 'number' ? value : value ? 100 : 0;
}
