/** The document in a room's SQLite: edits in their order, and what a replica needs that has a part. */
import { type Edit, type Field, isCurrent } from '../../../../src/live/document.ts';
import { MAX_FIELDS } from './limits.ts';
import type { Meta } from './schema.ts';
import { page, type RoomStore, type Row } from './store.ts';

/** What became of an edit. */
export type Outcome = { field: Field } | { conflict: Field } | { full: true };

/** Stores an edit that was made on what the field is now. Part of a transaction. */
export function editField(
  store: RoomStore,
  meta: Meta,
  edit: Edit & { user: string; client: string; at: number },
): Outcome {
  const { user, client, at, n, field, base, value } = edit;
  const current = fieldOf(store, field);
  if (!isCurrent(current, meta.floor, base)) {
    const nothing = { field, version: meta.floor, value: null, user: '', client: '', n: 0, at };
    return { conflict: current ?? nothing };
  }
  const isNew = !current || current.value === null;
  if (isNew && value !== null && count(store, 'IS NOT NULL') >= MAX_FIELDS) return { full: true };
  const version = ++meta.rev;
  const text = value === null ? null : JSON.stringify(value);
  const sql = 'INSERT OR REPLACE INTO fields VALUES (?, ?, ?, ?, ?, ?, ?)';
  store.rows(sql, field, version, text, user, client, n, at);
  if (value === null && count(store, 'IS NULL') > MAX_FIELDS) dropMark(store, meta);
  return { field: { field, version, value, user, client, n, at } };
}

function count(store: RoomStore, condition: string): number {
  const sql = `SELECT count(*) AS n FROM fields WHERE value ${condition}`;
  return store.rows<{ n: number }>(sql)[0]?.n ?? 0;
}

/** Drops the oldest deletion mark. Replicas that are older get the whole document. */
function dropMark(store: RoomStore, meta: Meta): void {
  const [row] = store.rows<{ version: number }>(
    `DELETE FROM fields WHERE field = (SELECT field FROM fields WHERE value IS NULL ORDER BY version LIMIT 1)
      RETURNING version`,
  );
  meta.floor = Math.max(meta.floor, row?.version ?? 0);
}

export function fieldOf(store: RoomStore, name: string): Field | undefined {
  return store.read('SELECT * FROM fields WHERE field = ?', name).map(toField)[0];
}

/** Fields and deletion marks after a version, in order, as many as fit into a page. */
export function fieldsAfter(store: RoomStore, version: number): Field[] {
  const rows = store.read('SELECT * FROM fields WHERE version > ? ORDER BY version', version);
  return page(rows, ({ value }) => `${value}`.length + 300).map(toField);
}

export function allFields(store: RoomStore): Field[] {
  return store.read('SELECT * FROM fields ORDER BY version').map(toField);
}

function toField(row: Row): Field {
  return { ...row, value: row.value === null ? null : JSON.parse(row.value as string) } as Field;
}
