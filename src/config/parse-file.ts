import type { ParseError } from 'jsonc-parser';
import { usageError } from '../contract/errors.ts';

export type Table = Record<string, unknown>;

function broken(label: string, place: string, what: string) {
  const hint = 'Correct the file, or name another with --config.';
  return usageError('broken_config', `${label}${place} cannot be read: ${what}`, hint);
}

function lineAndColumn(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n');
  return `:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}

async function parseToml(text: string, label: string): Promise<unknown> {
  const { parse, TomlError } = await import('smol-toml');
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The rest of the message quotes lines of the file, which may hold secrets among its vars.
    const [first = ''] = error.message.split('\n', 1);
    const what = first.replace(/^Invalid TOML document: |\.$/g, '');
    throw broken(label, `:${error.line}:${error.column}`, what);
  }
}

async function parseJson(text: string, label: string): Promise<unknown> {
  const { parse, printParseErrorCode } = await import('jsonc-parser');
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  const first = errors[0];
  if (first === undefined) return value;
  const what = printParseErrorCode(first.error).replace(/(?<=[a-z])(?=[A-Z])/g, ' ');
  throw broken(label, lineAndColumn(text, first.offset), what.toLowerCase());
}

/**
 * A wrangler file's text as a table: TOML where the name ends in `.toml`, otherwise JSON with comments and
 * trailing commas, which wrangler takes in `.json` and `.jsonc` alike. `label` names the file in errors.
 * Throws `broken_config` with line and column.
 */
export async function parseFile(text: string, label: string): Promise<Table> {
  const value = await (label.endsWith('.toml') ? parseToml : parseJson)(text, label).catch(
    (error: unknown) => {
      // What the parsers throw of themselves: a call stack used up by nesting.
      throw error instanceof RangeError ? broken(label, '', 'it is nested too deeply') : error;
    },
  );
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Table;
  throw broken(label, '', 'it holds a single value or a list in place of named settings');
}
