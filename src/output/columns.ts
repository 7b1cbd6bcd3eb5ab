/**
 * What a list shows of its rows. A row is typed where it is made, by its shard or command; a column names one of
 * its fields and says how to show it. Fields are not checked again here.
 */

/**
 * How a cell is shown. `time` is milliseconds since 1970 (RFC 3339 in JSON), on a terminal as `3m ago`;
 * `event_time` is the same, but as an absolute time; `seconds` and `ms` are durations; `flag` is true, false or a
 * percentage.
 */
export type Kind =
  | 'text'
  | 'number'
  | 'percent'
  | 'bytes'
  | 'time'
  | 'event_time'
  | 'seconds'
  | 'ms'
  | 'boolean'
  | 'flag'
  | 'json';

type NumberKind = 'number' | 'percent' | 'bytes' | 'time' | 'event_time' | 'seconds' | 'ms';

/** The kinds that can show a value of that type. */
type KindOf<Value> = unknown extends Value
  ? 'json' | 'flag'
  : [NonNullable<Value>] extends [number]
    ? NumberKind
    : [NonNullable<Value>] extends [string]
      ? 'text'
      : [NonNullable<Value>] extends [boolean]
        ? 'boolean'
        : [NonNullable<Value>] extends [boolean | number]
          ? 'flag'
          : 'json';

/**
 * What becomes of a column where the terminal is too narrow. An identifier (address, key, shard, handle, user,
 * flag) is never cut and never left out. Secondary columns shrink first, and are left out when there is still no
 * room, the last one first; then the primary ones.
 */
export type Role = 'identifier' | 'primary' | 'secondary';

/** What a value means to the reader. It decides the colour: what is bad or needs care is never green. */
export type Tone = 'good' | 'care' | 'bad' | 'quiet';

interface ColumnOf<Name, Value> {
  /** The stored field's name, and the key in JSON and CSV. */
  name: Name;
  kind: KindOf<Value>;
  /** `primary` unless given. */
  role?: Role;
  /** A word that says nothing when it is cut: it is shown whole or left out. */
  fixed?: true;
  /** Left out of the table, present in JSON, NDJSON and CSV. */
  machineOnly?: true;
  /** What a value means, where that is not plain from its kind. */
  tone?(value: NonNullable<Value>): Tone | undefined;
  /** Drawn from the other columns: that it changes is no news by itself. */
  derived?: true;
  /** Cells at which the column begins in a stream, whose rows are not known in advance. */
  startWidth?: number;
}

/** One field of `Row`, and how it is shown; any row may have a `problem`. */
export type Column<Row> =
  | { [Name in keyof Row & string]-?: ColumnOf<Name, Row[Name]> }[keyof Row & string]
  | ColumnOf<'problem', string>;

/**
 * A row as far as it could be read. Where something of the stored value is wrong, `problem` says what; every
 * format shows it then.
 */
export type Shown<Row> = { [Name in keyof Row]?: Row[Name] | undefined } & {
  problem?: string | null | undefined;
};

/** Columns of any row: what the renderers see, once the types have done their work. */
export type AnyColumn = Omit<ColumnOf<string, unknown>, 'kind'> & { kind: Kind };
/** The columns without the type of their row: each name is a field of every row, and its kind fits. */
export function anyColumns<Row>(columns: readonly Column<Row>[]): readonly AnyColumn[] {
  return columns as unknown as readonly AnyColumn[];
}

/** A row of any type. */
export type AnyRow = Readonly<Record<string, unknown>>;

const CHANGED = Symbol('changed');

/** A row whose values in these columns are new since it was shown last. */
export function withChanges(row: AnyRow, names: readonly string[]): AnyRow {
  return { ...row, [CHANGED]: new Set(names) };
}

/** The names of the columns whose values of this row are new since it was shown last. */
export function changesOf(row: AnyRow): ReadonlySet<string> {
  return (row as { [CHANGED]?: ReadonlySet<string> })[CHANGED] ?? NOTHING;
}

const NOTHING: ReadonlySet<string> = new Set();
