/** SQL as D1 takes it: one statement and the values for its question marks. Nothing of a value is in the text. */
export type SqlValue = string | number | null;

export interface Statement {
  sql: string;
  params: SqlValue[];
}

/** A row as D1 gives it: a column's name and what SQLite has in it. */
export type SqlRow = Record<string, unknown>;

/** One table. Its rows have types of their own; how they are shown is the business of the commands. */
export interface Table {
  /** The table's name in SQL. */
  name: string;
  /** One row of it in a sentence: "audit entry". */
  title: string;
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
