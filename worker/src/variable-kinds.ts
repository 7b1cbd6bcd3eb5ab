/** The kinds of variable: how each is written, and how it is parsed. */
import { type PathSet, pathSet } from './path-set.ts';

interface NumberRow {
  kind: 'integer' | 'number';
  /** Undefined where the code works it out. */
  default: number | undefined;
  min: number;
  max: number;
}

interface ListRow {
  kind: 'paths' | 'names' | 'origins';
  /** Comma-separated, as it stands in `wrangler.toml`. */
  default: string;
}

interface ChoiceRow {
  kind: 'choice';
  default: string;
  of: readonly string[];
}

interface UrlRow {
  kind: 'url';
  default: '';
}

export type Row = NumberRow | ListRow | ChoiceRow | UrlRow;

interface Kinds {
  paths: PathSet;
  names: readonly string[];
  origins: readonly string[];
  choice: string;
  url: string | undefined;
}

/** What a variable is, once parsed. */
export type ValueOf<R extends Row> = R extends NumberRow
  ? number | (R['default'] extends number ? never : undefined)
  : Kinds[Exclude<R, NumberRow>['kind']];

/** The value of a text; undefined where it is not valid. */
export function parseText(row: Row, text: string): unknown {
  switch (row.kind) {
    case 'integer':
      return /^\d+$/.test(text) ? inBounds(row, Number(text)) : undefined;
    case 'number':
      return /^\d*\.?\d+$/.test(text) ? inBounds(row, Number(text)) : undefined;
    case 'paths':
      return all(text, /^\/[^?#\s]*$/) && pathSet(listOf(text));
    case 'names':
      return all(text, /^[\w.-]+$/);
    case 'origins':
      return all(text, /^(\*|https?:\/\/[^/\s]+)$/);
    case 'choice':
      return row.of.find((word) => word === text);
    case 'url':
      return baseUrl(text);
  }
}

function inBounds({ min, max }: NumberRow, value: number): number | undefined {
  return value >= min && value <= max ? value : undefined;
}

/** The items of a list, if each is valid. An empty text is an empty list. */
function all(text: string, pattern: RegExp): string[] | undefined {
  const items = listOf(text);
  return items.every((item) => pattern.test(item)) ? items : undefined;
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** A base URL to which a path can be appended. */
function baseUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, username, password, search, hash, origin, pathname } = new URL(text);
  // `fetch` refuses a URL with credentials.
  const isBase = /^https?:$/.test(protocol) && !(username || password || search || hash);
  return isBase ? origin + pathname.replace(/\/+$/, '') : undefined;
}

const EXPECTED = {
  integer: 'a whole number',
  number: 'a number',
  paths: 'a comma-separated list of paths such as /models or /models/*',
  names: 'a comma-separated list of names',
  origins: 'a comma-separated list of origins such as https://app.example.com',
  url: 'an http or https URL without credentials, query or fragment',
};

/** What is wrong with a value that was not used. */
export function describeProblem(row: Row, given: unknown): string {
  if (given === undefined) return 'is not set';
  const bounds = 'min' in row ? ` from ${row.min} to ${row.max}` : '';
  // A URL may hold a password, so it is not repeated.
  const shown = row.kind === 'url' ? '' : ` (${JSON.stringify(given).slice(0, 60)})`;
  const expected = row.kind === 'choice' ? `one of ${row.of.join(', ')}` : EXPECTED[row.kind];
  return `is not ${expected}${bounds}${shown}`;
}
