/** What an edit has changed, in a few lines. */
import type { Context } from '../../context.ts';
import { plural } from '../../text/plural.ts';

export interface Version {
  value: Uint8Array;
  /** Unix seconds; null where it stays. */
  expiration: number | null;
}

/** Lines shown of what was taken away, and of what was added. */
const SHOWN = 5;

/**
 * The changed lines, the size and the expiry before and after. JSON is compared as it is laid out in the editor, so
 * that one field is one line.
 */
export function editReport(
  before: Version,
  after: Version,
  time: (ms: number) => string,
): string[] {
  const [old, now] = [linesOf(before.value), linesOf(after.value)];
  const from = old.findIndex((line, i) => line !== now[i]);
  const start = from < 0 ? Math.min(old.length, now.length) : from;
  let end = 0;
  const most = Math.min(old.length, now.length) - start;
  while (end < most && old.at(-1 - end) === now.at(-1 - end)) end++;
  const removed = old.slice(start, old.length - end);
  const added = now.slice(start, now.length - end);
  const count = Math.max(removed.length, added.length);
  const head = `${plural(count, 'line', 'lines')} changed, from line ${start + 1} on:`;
  return [
    ...(count > 0
      ? [head, ...some('-', removed), ...some('+', added)]
      : ['the value is as it was']),
    `${sizeText(before.value.length, after.value.length)}, ${expiryText(before, after, time)}`,
  ];
}

function some(mark: string, lines: readonly string[]): string[] {
  const more = lines.length - SHOWN;
  const shown = lines.slice(0, SHOWN).map((line) => `  ${mark} ${line.trim()}`);
  return more > 0 ? [...shown, `  ${mark} … and ${more} more`] : shown;
}

function linesOf(value: Uint8Array): string[] {
  const text = Buffer.from(value).toString();
  try {
    return JSON.stringify(JSON.parse(text), null, 2).split('\n');
  } catch {
    return text.split('\n');
  }
}

const sizeText = (before: number, after: number): string =>
  before === after ? `${after} bytes as before` : `${before} → ${after} bytes`;

function expiryText(before: Version, after: Version, time: (ms: number) => string): string {
  const text = ({ expiration }: Version) =>
    expiration === null ? 'no expiry' : `expires ${time(expiration * 1000)}`;
  if (before.expiration === after.expiration) return `${text(after)} as before`;
  return `${text(after)} (before: ${text(before)})`;
}

/** Says it on stderr. */
export async function reportEdit(context: Context, before: Version, after: Version): Promise<void> {
  const lines = editReport(before, after, (ms) => context.output.time(ms));
  for (const line of lines) await context.log.note(line);
}
