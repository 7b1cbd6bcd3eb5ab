/** SQL as D1 takes it: one statement and the values for its question marks. Nothing of a value is in the text. */
export type SqlValue = string | number | null;

export interface Statement {
  sql: string;
  params: SqlValue[];
}

/** A row as D1 gives it: a column's name and what SQLite has in it. */
export type SqlRow = Record<string, unknown>;

/** One table: what a person calls it, and how each field of a row is shown. */
export interface Table {
  /** The table's name in SQL. */
  name: string;
  /** One row of it in a sentence: "audit entry". */
  title: string;
  columns: readonly TableColumn[];
}

/** `time` is milliseconds since 1970 in a row that was read, `json` a parsed value. */
export interface TableColumn {
  name: string;
  kind: 'text' | 'number' | 'time' | 'boolean' | 'flag' | 'json' | 'ms';
}

/** Collects conditions and their values in step, so that each question mark has its own. */
export class Where {
  readonly params: SqlValue[] = [];
  private readonly conditions: string[] = [];

  /** Adds a condition, unless its value was not given. */
  add(condition: string, value: SqlValue | undefined): this {
    if (value === undefined) return this;
    this.conditions.push(condition);
    this.params.push(value);
    return this;
  }

  /** ` WHERE a AND b`, or nothing where there is no condition. */
  toString(): string {
    return this.conditions.length === 0 ? '' : ` WHERE ${this.conditions.join(' AND ')}`;
  }
}
