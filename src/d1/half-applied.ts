/**
 * What is left of a migration that was applied in part, or whole but without its record: by a tool that sends
 * statement by statement, or by hand. A statement counts as applied where what it makes is there and is the same.
 */
import type { ColumnInfo } from './adopt.ts';
import { LEADING } from './read-only.ts';
import { splitStatements } from './split.ts';

export interface Schema {
  /** What was created, by name, as SQLite keeps its SQL. */
  entries: Map<string, string>;
  /** The columns of the tables that matter, generated ones too. */
  columns: Map<string, readonly ColumnInfo[]>;
}

export interface Work {
  /** The statements to run. */
  left: string[];
  /** How many are applied already. */
  applied: number;
  /** A statement of which nobody knows whether it ran, where some of the migration did. */
  unclear: string | null;
}

const NAME = String.raw`(?:"[^"]+"|\[[^\]]+\]|\`[^\`]+\`|\w+)`;
const ADD_COLUMN = new RegExp(
  String.raw`^ALTER\s+TABLE\s+(${NAME})\s+ADD\s+(?:COLUMN\s+)?(${NAME})\s*(\w*)`,
  'i',
);
const CREATE = new RegExp(
  String.raw`^CREATE\s+(?:UNIQUE\s+)?(?:TABLE|INDEX|VIEW|TRIGGER)\s+(IF\s+NOT\s+EXISTS\s+)?(${NAME})`,
  'i',
);

const bare = (name = '') => name.replace(/^["`[]|["`\]]$/g, '');
const textOf = (statement: string) => statement.replace(LEADING, '');
const squeezed = (sql: string) => sql.replace(/\s+/g, ' ').toLowerCase();

/** The columns that a migration adds to tables. */
export function addedColumns(sql: string): { table: string; column: string; type: string }[] {
  return splitStatements(sql).flatMap((statement) => {
    const found = ADD_COLUMN.exec(textOf(statement));
    if (!found) return [];
    const [, table, column, type = ''] = found;
    return [{ table: bare(table), column: bare(column), type }];
  });
}

export function workOf(sql: string, schema: Schema): Work {
  const statements = splitStatements(sql);
  const left = statements.filter((statement) => !isApplied(textOf(statement), schema));
  const applied = statements.length - left.length;
  const unclear = applied === 0 ? undefined : left.map(textOf).find((text) => !isStructure(text));
  return { left, applied, unclear: unclear ?? null };
}

const isStructure = (text: string) => ADD_COLUMN.test(text) || CREATE.test(text);

function isApplied(text: string, { entries, columns }: Schema): boolean {
  const [, table, column, type] = ADD_COLUMN.exec(text) ?? [];
  if (column !== undefined) {
    const found = columns.get(bare(table)) ?? [];
    return found.some((each) => each.name === bare(column) && each.type === type);
  }
  const [, harmless, name] = CREATE.exec(text) ?? [];
  if (name === undefined || harmless !== undefined) return false;
  return squeezed(entries.get(bare(name)) ?? '') === squeezed(text);
}

/** The indexes that a migration makes, each with its statement. */
export function createdIndexes(sql: string): { name: string; sql: string }[] {
  return splitStatements(sql).flatMap((statement) => {
    const text = textOf(statement);
    const [, , name] = /^CREATE\s+(UNIQUE\s+)?INDEX\b/i.test(text) ? (CREATE.exec(text) ?? []) : [];
    return name === undefined ? [] : [{ name: bare(name), sql: text }];
  });
}
