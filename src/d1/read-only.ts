/** Whether SQL only reads, which decides whether a statement may be sent again. */
import { splitStatements } from './split.ts';

/** Comments and space before the first word. */
export const LEADING = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?(?:\*\/|$))*/;

/** Pragmas that show something; one with `=` sets it. */
const READING_PRAGMA =
  /^PRAGMA\s+(?:table_(?:info|xinfo|list)|index_(?:info|xinfo|list)|foreign_key_list)\b[^=]*$/i;

/** Words that make a `WITH` statement a write. A column of that name makes it look like one, which is safe. */
const WRITING = /\b(?:INSERT|UPDATE|DELETE|REPLACE)\b/i;

/**
 * Whether no statement of `sql` can change the database. Anything that is not known to read counts as a
 * write. In SQLite a SELECT changes nothing.
 */
export function isReadOnly(sql: string): boolean {
  const statements = splitStatements(sql);
  return statements.length > 0 && statements.every(reads);
}

function reads(statement: string): boolean {
  const text = statement.replace(LEADING, '');
  if (/^(?:SELECT|VALUES|EXPLAIN)\b/i.test(text)) return true;
  if (/^WITH\b/i.test(text)) return !WRITING.test(text);
  return READING_PRAGMA.test(text);
}
