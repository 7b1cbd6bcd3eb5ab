/**
 * One client's window as its object counts it: at most `RATE_LIMIT` tokens are out or spent at any time. The
 * window is fixed and begins with its first request. No I/O here.
 */
import type { ClientState, TakeAnswer } from '../../../../src/live/limiter-rpc.ts';
import { RATE_LIMIT, RATE_LIMIT_TTL } from '../../../../src/shards/ratelimit.ts';

export const WINDOW_MS = RATE_LIMIT_TTL * 1000;
/** A lease gets no more than this part of what is left, so that something remains for other isolates. */
const SHARE = 4;
/** Idle leases come back after a second: it is worth asking again then. */
export const RECALL_MS = 1000;
/** Where nothing can come back, only the operator can change the answer. */
export const LOOK_AGAIN_MS = 5000;

/** Tokens that a holder may still give back. */
interface Lease {
  id: number;
  spare: number;
}

/** What is stored of a client. Times are milliseconds since 1970 by the object's clock. */
export interface Window {
  /** When it began, or was last reset: what the mirror said before is over. */
  since: number;
  resetAt: number;
  /** Tokens that were granted and not given back. */
  used: number;
  /** By holder. */
  leases: Map<string, Lease>;
  /** The count that was last written to the mirror. */
  mirrored: number;
  /** The operator's block, and when it was first known here; 0 where there is none. */
  blockedUntil: number;
  blockedAt: number;
  /** End of a block that was lifted: KV may still show it for a while. */
  lifted: number;
}

export interface Demand {
  holder: string;
  lease: number;
  need: number;
  want: number;
}

/** A window that begins at `now`. */
export function newWindow(now: number): Window {
  return {
    since: now,
    resetAt: now + WINDOW_MS,
    used: 0,
    leases: new Map(),
    mirrored: 0,
    blockedUntil: 0,
    blockedAt: 0,
    lifted: 0,
  };
}

/** The window after a reset by the operator. */
export function resetWindow(window: Window, now: number): Window {
  return { ...newWindow(now), lifted: window.blockedUntil || window.lifted };
}

/** When nothing of the window matters any more. */
export function endOf({ resetAt, blockedUntil }: Window): number {
  return Math.max(resetAt, blockedUntil);
}

/** The window that is open at `now`: this one, or a new one. */
export function current(window: Window, now: number): Window {
  if (now >= endOf(window)) return newWindow(now);
  // The clock went back: the end cannot be known, but it is no further away than a whole window.
  window.resetAt = Math.min(window.resetAt, now + WINDOW_MS);
  window.since = Math.min(window.since, now);
  return window;
}

export const isBlocked = ({ blockedUntil }: Window, now: number): boolean => blockedUntil > now;

/** Whether a request would be refused now. */
export function isFull(window: Window, now: number): boolean {
  return isBlocked(window, now) || window.used >= RATE_LIMIT;
}

/** Grants what is there, and takes the holder's previous lease for spent. The window has to be current. */
export function take(window: Window, now: number, demand: Demand): Omit<TakeAnswer, 'mirrored'> {
  window.leases.delete(demand.holder);
  const granted = isBlocked(window, now) ? 0 : grant(RATE_LIMIT - window.used, demand);
  window.used += granted;
  const spare = granted - demand.need;
  if (spare > 0) window.leases.set(demand.holder, { id: demand.lease, spare });
  const ends = isBlocked(window, now) ? window.blockedUntil : window.resetAt;
  return {
    granted,
    left: isBlocked(window, now) ? 0 : RATE_LIMIT - window.used,
    reset_in_ms: ends - now,
    again_in_ms: Math.min(ends - now, window.leases.size > 0 ? RECALL_MS : LOOK_AGAIN_MS),
  };
}

/** What waits gets all there is; what may come gets a share of it. */
function grant(left: number, { need, want }: Demand): number {
  return Math.min(left, Math.max(need, Math.min(want, Math.ceil(left / SHARE))));
}

/** Takes tokens back, if they are of a lease that is out. @returns whether the window has changed */
export function giveBack(
  window: Window,
  now: number,
  { holder, lease, unspent }: { holder: string; lease: number; unspent: number },
): boolean {
  const known = window.leases.get(holder);
  if (known?.id !== lease || now >= window.resetAt) return false;
  window.leases.delete(holder);
  window.used -= Math.max(0, Math.min(unspent, known.spare));
  return true;
}

/** Tokens that may still come back. */
export function leased({ leases }: Window): number {
  let spare = 0;
  for (const lease of leases.values()) spare += lease.spare;
  return spare;
}

export function describe(window: Window, now: number): ClientState {
  const blocked = isBlocked(window, now);
  const isOpen = now < window.resetAt && window.used > 0;
  return {
    count: isOpen ? window.used : 0,
    leased: isOpen ? leased(window) : 0,
    reset_at: blocked ? window.blockedUntil : isOpen ? window.resetAt : null,
    blocked_until: blocked ? window.blockedUntil : null,
  };
}
