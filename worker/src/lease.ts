/** What an isolate holds of a client's window. The limiter's object grants it; no I/O here. */
import type { TakeAnswer } from '../../src/live/limiter-rpc.ts';
import { RATE_LIMIT } from '../../src/shards/ratelimit.ts';
import { LATE_CROWD, LEASE_IDLE_MS, MAX_LEASE } from './limits.ts';

export interface Lease {
  readonly client: string;
  /** The number that the object knows it by, that of the latest question, and the last whose answer is void. */
  id: number;
  askedId: number;
  voidId: number;
  /** Requests that may still pass. */
  tokens: number;
  /** Tokens that the last answer granted, and when it was asked for. */
  size: number;
  takenAt: number;
  /** Tokens that nobody had at that time. */
  left: number;
  /** End of the window, milliseconds since 1970; never later than the object's own. */
  until: number;
  /** Until then requests are refused without a call. */
  askAt: number;
  /** Requests that the latest question was for. */
  asked: number;
  /** The latest time that was seen: the clock may go back. */
  seenAt: number;
  /** Requests that wait for the object. */
  waiting: number;
  /** Requests that passed without a token, while the object did not answer. */
  debt: number;
  /** The object has failed: until then it is not asked. */
  aloneUntil: number;
  /** It did not answer in time, and has not answered since. */
  isLate: boolean;
  /** Until when somebody looks after tokens that are idle. */
  watchedUntil: number;
  /** The call under way. */
  asking?: Promise<void> | undefined;
}

export function newLease(client: string): Lease {
  return {
    client,
    id: 0,
    askedId: 0,
    asked: 0,
    voidId: 0,
    tokens: 0,
    size: 0,
    takenAt: 0,
    left: RATE_LIMIT,
    until: 0,
    askAt: 0,
    seenAt: 0,
    waiting: 0,
    debt: 0,
    aloneUntil: 0,
    isLate: false,
    watchedUntil: 0,
  };
}

/** Spends a token for one request. @returns whether it may pass; undefined where the object has to say */
export function spend(lease: Lease, now: number): boolean | undefined {
  look(lease, now);
  if (lease.tokens > 0) {
    lease.tokens--;
    return true;
  }
  if (now < lease.askAt) return false;
}

/**
 * Ends the window in time. Where the clock has gone back nothing tells when that is: whatever is held, or
 * was asked for, is given up.
 */
function look(lease: Lease, now: number): void {
  if (now < lease.seenAt) lease.voidId = lease.askedId;
  if (now >= lease.until || now < lease.seenAt) {
    Object.assign(lease, { tokens: 0, left: RATE_LIMIT, until: 0, askAt: 0, debt: 0 });
  }
  lease.seenAt = now;
}

/** How many tokens are worth asking for: twice as many as were spent within a second, half of what was not. */
export function wanted({ takenAt, size }: Lease, now: number): number {
  return Math.min(MAX_LEASE, now - takenAt < LEASE_IDLE_MS ? 2 * size : size >> 1);
}

/**
 * Takes over an answer, which may be late. The window ends as many milliseconds after the question as the
 * object says: it said so later.
 */
export function takeOver(
  lease: Lease,
  id: number,
  answer: TakeAnswer,
  askedAt: number,
  now: number,
): void {
  look(lease, now);
  if (id <= lease.voidId) return;
  const { granted, left, reset_in_ms, again_in_ms } = answer;
  const until = askedAt + reset_in_ms;
  const paid = Math.min(granted, lease.debt);
  lease.until = lease.tokens > 0 ? Math.min(lease.until, until) : until;
  lease.tokens += granted - paid;
  lease.debt = granted > 0 ? lease.debt - paid : 0;
  lease.askAt = granted > 0 ? 0 : askedAt + again_in_ms;
  Object.assign(lease, { id, left, isLate: false, aloneUntil: 0, size: granted, takenAt: askedAt });
}

/** Whether it is time to ask for more, so that nobody has to wait; while there is plenty for others, too. */
export function isRunningLow({ tokens, size, left, takenAt }: Lease, now: number): boolean {
  const isBusy = now - takenAt < LEASE_IDLE_MS;
  return isBusy && tokens > 0 && 2 * tokens <= size && left >= RATE_LIMIT / 2;
}

/**
 * Whether a request may pass while the object is late: as many as it was asked for, which are ahead of
 * whatever other isolates ask for next. Of a client with many requests at once none may, for it may be at
 * its limit by now.
 */
export function mayPassLate({ left, debt, asked, waiting }: Lease): boolean {
  return waiting <= LATE_CROWD && debt < Math.min(left, asked);
}

/** Takes the unspent tokens out, to be given back. */
export function giveUp(lease: Lease): number {
  const { tokens } = lease;
  Object.assign(lease, { tokens: 0, size: 0 });
  return tokens;
}
