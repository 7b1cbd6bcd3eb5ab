/**
 * Where a list was left. KV's cursors stand between pages of at least 10 keys; a limit may end within a
 * page, so then the place holds the page's cursor and the last key shown, masked as it was shown.
 */
import { usageError } from '../../contract/errors.ts';

export interface Place {
  /** KV's cursor of the page to go on with; undefined for the first page. */
  cursor?: string | undefined;
  /** The last key of that page that was shown already. */
  after?: string | undefined;
}

const OWN = 'at.';

/** The place as a word for the command line. */
export function formatPlace({ cursor, after }: Place): string {
  if (after === undefined) return cursor ?? '';
  return OWN + Buffer.from(JSON.stringify([cursor ?? null, after])).toString('base64url');
}

/** @throws {GoblinError} exit 2 where the word was cut short; KV's own cursors pass as they are. */
export function parsePlace(text: string): Place {
  if (!text.startsWith(OWN)) return { cursor: text };
  try {
    const json = Buffer.from(text.slice(OWN.length), 'base64url').toString();
    const [cursor, after] = JSON.parse(json) as [string | null, string];
    return { cursor: cursor ?? undefined, after };
  } catch {
    throw usageError('bad_cursor', 'this is no cursor of goblin', 'Copy it whole.');
  }
}
