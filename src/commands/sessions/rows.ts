/** Sessions as they are shown: the token stays out of the row unless the operator asked for it. */

import type { ShardRecord } from '../../kv/records.ts';
import { sessionHandle } from '../../shards/handle.ts';
import { session } from '../../shards/session.ts';
import type { Column, Row } from '../../shards/shard.ts';

export type SessionRecord = ShardRecord<{ token: string }>;

/** The columns of a session, with its token where it is to be seen. */
export function sessionColumns(reveal = false): readonly Column[] {
  return reveal ? [...session.columns, { name: 'token', kind: 'text' }] : session.columns;
}

/** The row of a record, with a handle in place of the token. */
export function sessionRow({ id, row }: Omit<SessionRecord, 'key'>, reveal = false): Row {
  if (id === null) return row;
  const handle = sessionHandle(id.token);
  if (reveal) return { ...row, handle };
  const { token, problem, ...fields } = row;
  // What is wrong with a value is told with its beginning, and old values may hold their own token.
  const told = typeof problem === 'string' ? problem.replaceAll(id.token, handle) : problem;
  return { ...fields, handle, problem: told };
}
