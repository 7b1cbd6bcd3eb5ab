/** Times as SQLite writes them, `YYYY-MM-DD HH:MM:SS`: they have no zone and are UTC. */
import { toMilliseconds } from '../shards/time.ts';

/** What `CURRENT_TIMESTAMP` gives, with milliseconds. Texts of this form sort by time. */
export function sqlTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 23).replace('T', ' ');
}

/** The UTC day of a time: `2026-11-24`. */
export function utcDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** Milliseconds since 1970 of a stored time in any spelling, or null where it is none. */
export function fromSqlTime(stored: unknown): number | null {
  const zoneless =
    typeof stored === 'string' && /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(stored);
  return toMilliseconds(zoneless ? `${stored.replace(' ', 'T')}Z` : stored);
}
