/** Sessions as they are shown: by a handle; the token only where the operator asks for it. */
import type { RecordOf } from '../../kv/records.ts';
import type { Column, Shown } from '../../output/columns.ts';
import { sessionHandle } from '../../shards/handle.ts';
import type { SessionRow, session } from '../../shards/session.ts';

export type SessionRecord = RecordOf<typeof session>;

/** A session in a list; times in milliseconds since 1970. */
export interface ListedSession extends Omit<SessionRow, 'token'> {
  handle: string;
  token?: string;
}

export const SESSION_COLUMNS: readonly Column<ListedSession>[] = [
  { name: 'handle', kind: 'text', role: 'identifier' },
  { name: 'user_id', kind: 'text', role: 'identifier' },
  { name: 'last_activity', kind: 'time', role: 'secondary' },
  { name: 'expires_at', kind: 'time' },
];

/** The columns of a session, with its token where it is to be seen. */
export function sessionColumns(reveal = false): readonly Column<ListedSession>[] {
  if (!reveal) return SESSION_COLUMNS;
  return [...SESSION_COLUMNS, { name: 'token', kind: 'text', role: 'identifier' }];
}

/** The row of a record, with a handle in place of the token. */
export function sessionRow(
  { id, row }: Omit<SessionRecord, 'key'>,
  reveal = false,
): Shown<ListedSession> {
  if (id === null) return row;
  const handle = sessionHandle(id.token);
  if (reveal) return { ...row, handle };
  const { token, problem, ...fields } = row;
  // A problem quotes the beginning of the value, and old values may hold their own token.
  return { ...fields, handle, problem: problem?.replaceAll(id.token, handle) };
}
