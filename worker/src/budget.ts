/**
 * How many KV writes an isolate may make. A free plan has 1,000 a day, and a login that finds none left
 * fails: so the isolate keeps to a share of them, and the less important a write is, the more of the budget
 * it has to leave for others. No I/O here.
 */
import {
  BUDGET_BURST_MS,
  BUDGET_ISOLATES,
  BUDGET_SHARE,
  BUDGET_START_MS,
  ONE_DAY,
} from './limits.ts';

/**
 * What is written, most important first, and how much each has to leave for those before it, as a part of
 * what a new isolate has. `sessions` are logins: they are never refused here and may run into debt, which
 * the others pay.
 */
const FLOORS = {
  /** A session that is issued. */
  sessions: Number.NEGATIVE_INFINITY,
  /** A bucket that has reached its limit. */
  limits: 0,
  security: 0.1,
  conversations: 0.2,
  /** `last_activity` of a session. */
  activity: 0.25,
  /** A bucket on its way to the limit. */
  counts: 0.3,
  cache: 0.35,
  /** The flags of D1: where they are not written, each isolate reads D1 itself. */
  flags: 0.5,
  analytics: 0.5,
};

export type WriteKind = keyof typeof FLOORS;

export interface Budget {
  /** Writes that are left; below 0 after more logins than it had. */
  level: number;
  /** When it was last refilled, milliseconds since 1970. */
  filledAt: number;
  /** KV has said that the account is out of writes: only sessions are tried until then. */
  stoppedUntil: number;
}

/** Writes that one isolate may make in so many milliseconds, of `perDay` for the account. */
export function writesIn(ms: number, perDay: number): number {
  return (perDay * BUDGET_SHARE * ms) / BUDGET_ISOLATES / ONE_DAY;
}

/**
 * The budget of a new isolate: what it would be given in its first hour, at once, and nothing more in that
 * hour. Isolates that live for an hour or more so spend no more than the rate, however often they restart.
 */
export function newBudget(perDay: number, now: number): Budget {
  const level = writesIn(BUDGET_START_MS, perDay);
  return { level, filledAt: now + BUDGET_START_MS, stoppedUntil: 0 };
}

/** Takes one write from the budget, or says why there is none. */
export function spend(...given: Parameters<typeof refusal>): ReturnType<typeof refusal> {
  const reason = refusal(...given);
  if (!reason) given[0].level--;
  return reason;
}

/** Why the budget has no room for a write; undefined where it has. */
export function refusal(
  budget: Budget,
  kind: WriteKind,
  perDay: number,
  now: number,
): 'quota' | 'budget' | undefined {
  refill(budget, perDay, now);
  if (kind !== 'sessions') {
    if (now < budget.stoppedUntil) return 'quota';
    const floor = FLOORS[kind] * writesIn(BUDGET_START_MS, perDay);
    if (budget.level - 1 < floor) return 'budget';
  }
}

function refill(budget: Budget, perDay: number, now: number): void {
  const most = writesIn(BUDGET_BURST_MS, perDay);
  const elapsed = Math.max(0, now - budget.filledAt);
  budget.filledAt += elapsed;
  // Debt has a bound as well: a morning of logins does not silence the whole day.
  budget.level = Math.max(-most, Math.min(most, budget.level + writesIn(elapsed, perDay)));
}

/** Stops everything but sessions until the account's quota begins anew, at midnight UTC. */
export function stop(budget: Budget, now: number): void {
  budget.stoppedUntil = (Math.floor(now / ONE_DAY) + 1) * ONE_DAY;
}

/**
 * Whether an error says that the day's writes are used up: `KV put() limit exceeded for the day.`, or the
 * API's code 10048. `KV PUT failed: 429 Too Many Requests` is about one key, written twice in a second.
 */
export function isQuotaError(error: unknown): boolean {
  return /limit exceeded|free usage limit|\b10048\b/i.test(`${error}`);
}
