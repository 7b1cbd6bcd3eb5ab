/**
 * The mirror: `ratelimit:{client}` in KV, which lists show and which the operator may write or delete. It
 * never shows more than was let through for certain. No I/O here.
 */
import { decodeCount, RATE_LIMIT } from '../../../../src/shards/ratelimit.ts';
import { fieldsOf } from '../../../../src/shards/summary.ts';
import { toMilliseconds } from '../../../../src/shards/time.ts';
import { isBlocked, leased, newWindow, resetWindow, type Window } from './window.ts';

/** Requests from which on a client is worth a KV write; then at each doubling, and at the limit. */
const MIRROR_FROM = 20;
/** KV may go on showing an old state for so long. */
const SETTLED_MS = 60_000;

/** What this instance knows of the mirror; an instance that is new knows nothing. */
export interface MirrorView {
  /** KV has shown an entry of this window, so that its absence means a deletion. */
  seen: boolean;
  /** When this instance last wrote; 0 for never. */
  writtenAt: number;
}

/** An entry as KV shows it. */
export interface Entry {
  value: unknown;
  metadata: unknown;
}

/** Requests that were let through for certain: what is leased may come back. It never decreases. */
export const settled = (window: Window): number => window.used - leased(window);

/** The kind of write that is due: the count has doubled since the last one, or has reached the limit. */
export function dueWrite(window: Window, now: number): 'limit' | 'count' | null {
  const count = settled(window);
  // A block is the operator's entry.
  if (isBlocked(window, now) || window.mirrored >= RATE_LIMIT) return null;
  if (count >= RATE_LIMIT) return 'limit';
  return count >= Math.max(MIRROR_FROM, 2 * window.mirrored) ? 'count' : null;
}

/**
 * What the window is once KV has shown an entry, or none. Entries with `written_at` are counts of this
 * object, or of an edge that counted by itself; one without is the operator's, or an older Worker's.
 */
export function readMirror(
  window: Window,
  view: MirrorView,
  entry: Entry | null,
  now: number,
): Window {
  if (entry === null) return isDeleted(window, view, now) ? forget(window, view, now) : window;
  const fields = fieldsOf(entry.metadata);
  const writtenAt = toMilliseconds(fields.written_at);
  const resetAt = toMilliseconds(fields.reset_at);
  const count = decodeCount(entry.value).value;
  if (count === null || (resetAt !== null && resetAt <= now)) return window;
  if (writtenAt === null) return readForeign(window, view, count, resetAt, now);
  if (writtenAt === view.writtenAt) view.seen = true;
  else if (writtenAt > window.since) raise(window, count);
  return window;
}

function readForeign(
  window: Window,
  view: MirrorView,
  count: number,
  resetAt: number | null,
  now: number,
): Window {
  // KV still shows what the operator has lifted.
  if (resetAt !== null && resetAt === window.lifted) return window;
  view.seen = true;
  if (resetAt !== null && count >= RATE_LIMIT) block(window, resetAt, now);
  else raise(window, count);
  return window;
}

/** Refuses the client until a time. */
export function block(window: Window, until: number, now: number): void {
  if (window.blockedUntil === until) return;
  window.blockedUntil = until;
  window.blockedAt = now;
}

function raise(window: Window, count: number): void {
  window.used = Math.max(window.used, Math.min(count, RATE_LIMIT));
}

/** Absence is a deletion where the entry was seen, or where a block is old enough to be shown everywhere. */
function isDeleted(window: Window, view: MirrorView, now: number): boolean {
  return view.seen || (isBlocked(window, now) && now - window.blockedAt >= SETTLED_MS);
}

function forget(window: Window, view: MirrorView, now: number): Window {
  view.seen = false;
  return resetWindow(window, now);
}

/** A window that nothing is known of, and which is over. */
export const noWindow = (): Window => newWindow(Number.NEGATIVE_INFINITY);
