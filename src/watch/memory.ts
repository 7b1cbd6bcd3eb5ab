/** What a list showed at the last refresh, and so what is new in it. */
import { machineFields } from '../output/cell.ts';
import { type AnyColumn, type AnyRow, withChanges } from '../output/columns.ts';

export interface Changes {
  added: number;
  changed: number;
  /** The rows that are gone, each by what identifies it. */
  gone: readonly string[];
}

export interface Marked extends Changes {
  /** The rows with a mark in the column `MARK`: `+` is new, `~` has changed. */
  rows: readonly AnyRow[];
}

/** The column of marks. A blank keeps its place where nothing has changed. */
export const MARK: AnyColumn = { name: '', kind: 'text', role: 'identifier', fixed: true };

interface Known {
  name: string;
  /** Each value as JSON. */
  values: ReadonlyMap<string, string>;
}

type Rows = ReadonlyMap<string, Known>;

export interface ListMemory {
  /** Compares rows with those that were kept; at first nothing counts as new. */
  compare(columns: readonly AnyColumn[], rows: readonly AnyRow[]): Marked;
  /** Keeps the rows that were compared last: they have been shown. */
  keep(): void;
}

export function listMemory(): ListMemory {
  let before: Rows | null = null;
  let latest: Rows | null = null;
  return {
    compare,
    keep() {
      before = latest;
    },
  };

  function compare(columns: readonly AnyColumn[], rows: readonly AnyRow[]): Marked {
    const now = new Map<string, Known>();
    const known = before;
    const changes = { added: 0, changed: 0 };
    const marked = rows.map((row) => {
      const one = { name: nameOf(columns, row), values: valuesOf(columns, row) };
      const key = freeKey(keyOf(columns, row), now);
      now.set(key, one);
      const old = known?.get(key);
      if (known === null) return withMark(row, ' ', []);
      if (old === undefined) {
        changes.added++;
        return withMark(row, '+', [MARK.name]);
      }
      const fresh = [...one.values.keys()].filter(
        (name) => old.values.get(name) !== one.values.get(name),
      );
      if (fresh.length === 0) return withMark(row, ' ', []);
      changes.changed++;
      return withMark(row, '~', [MARK.name, ...fresh]);
    });
    latest = now;
    const gone = [...(known ?? [])].filter(([key]) => !now.has(key)).map(([, { name }]) => name);
    return { rows: marked, ...changes, gone };
  }
}

const withMark = (row: AnyRow, mark: string, fresh: readonly string[]): AnyRow =>
  withChanges({ ...row, [MARK.name]: mark }, fresh);

/** The columns that say which thing a row is about: identifiers, and of an event its time. */
function identity(columns: readonly AnyColumn[]): readonly AnyColumn[] {
  const named = columns.filter(({ role, kind }) => role === 'identifier' || kind === 'event_time');
  return named.length > 0 ? named : columns;
}

const keyOf = (columns: readonly AnyColumn[], row: AnyRow): string =>
  JSON.stringify(machineFields(identity(columns), row));

function nameOf(columns: readonly AnyColumn[], row: AnyRow): string {
  const { problem: _, ...fields } = machineFields(identity(columns), row);
  return Object.values(fields).join(' ');
}

/** Events of one address may come at the same moment: the second one is another thing. */
function freeKey(key: string, taken: ReadonlyMap<string, unknown>): string {
  for (let count = 1; ; count++) {
    const free = `${key} ${count}`;
    if (!taken.has(free)) return free;
  }
}

/** What is compared: what people see. */
function valuesOf(columns: readonly AnyColumn[], row: AnyRow): ReadonlyMap<string, string> {
  const compared = columns.filter(({ machineOnly, derived }) => !machineOnly && !derived);
  return new Map(compared.map(({ name }) => [name, JSON.stringify(row[name] ?? null)] as const));
}
