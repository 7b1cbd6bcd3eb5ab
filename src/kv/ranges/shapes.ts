/**
 * The shapes in which a time stands in an event's key. Digits (milliseconds, seconds) sort by time among
 * each other, and so does ISO 8601, but not the two together.
 */
import type { Span } from './cover.ts';

/** `2026-01-01T00:00`: the part that ISO 8601 with and without seconds has in common. */
const TO_THE_MINUTE = 16;

export const isIso = (name: string, prefix: string): boolean => name[prefix.length + 4] === '-';

export const isMilliseconds = (name: string, prefix: string): boolean =>
  name[prefix.length + 13] === ':' && !isIso(name, prefix);

/** What all ISO 8601 times of a span begin with. */
export function isoPrefix({ from, to }: Span): string {
  const first = new Date(from).toISOString().slice(0, TO_THE_MINUTE);
  const last = new Date(to - 1).toISOString();
  let length = 0;
  while (length < first.length && first[length] === last[length]) length++;
  return first.slice(0, length);
}
