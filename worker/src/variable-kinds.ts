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

interface Values {
  paths: PathSet;
  names: readonly string[];
  origins: readonly string[];
  choice: string;
  url: string | undefined;
}

/** What a variable is, once parsed. */
export type ValueOf<R extends Row> = R extends NumberRow
  ? number | (R['default'] extends number ? never : undefined)
  : Values[Exclude<R, NumberRow>['kind']];

/** What each kind expects: in words, and as the pattern of a number or of each item of a list. */
const KINDS: Record<Exclude<Row['kind'], 'choice'>, { expected: string; pattern?: RegExp }> = {
  integer: { expected: 'a whole number', pattern: /^\d+$/ },
  number: { expected: 'a number', pattern: /^\d*\.?\d+$/ },
  paths: {
    expected: 'a comma-separated list of paths such as /models or /models/*',
    pattern: /^\/[^?#\s]*$/,
  },
  names: { expected: 'a comma-separated list of names', pattern: /^[\w.-]+$/ },
  origins: {
    expected: 'a comma-separated list of origins such as https://app.example.com',
    pattern: /^(\*|https?:\/\/[^/\s]+)$/,
  },
  url: { expected: 'an http or https URL without credentials, query or fragment' },
};

/** The value of a text; undefined where it is not valid. An empty text is an empty list. */
export function parseText(row: Row, text: string): unknown {
  if (row.kind === 'choice') return row.of.find((word) => word === text);
  const { pattern } = KINDS[row.kind];
  if (!pattern) return baseUrl(text);
  if ('min' in row) return pattern.test(text) ? inBounds(row, Number(text)) : undefined;
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
  if (!items.every((item) => pattern.test(item))) return undefined;
  return row.kind === 'paths' ? pathSet(items) : items;
}

function inBounds({ min, max }: NumberRow, value: number): number | undefined {
  return value >= min && value <= max ? value : undefined;
}

/** A base URL to which a path can be appended. */
function baseUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, username, password, search, hash, origin, pathname } = new URL(text);
  // `fetch` refuses a URL with credentials.
  const isBase = /^https?:$/.test(protocol) && !(username || password || search || hash);
  return isBase ? origin + pathname.replace(/\/+$/, '') : undefined;
}

/** What is wrong with a value that was not used. */
export function describeProblem(row: Row, given: unknown): string {
  if (given === undefined) return 'is not set';
  const bounds = 'min' in row ? ` from ${row.min} to ${row.max}` : '';
  // A URL may hold a password, so it is not repeated.
  const shown = row.kind === 'url' ? '' : ` (${JSON.stringify(given).slice(0, 60)})`;
  const expected = row.kind === 'choice' ? `one of ${row.of.join(', ')}` : KINDS[row.kind].expected;
  return `is not ${expected}${bounds}${shown}`;
}
