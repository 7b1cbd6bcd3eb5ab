/** `--sort`: the words a list takes for it, and its rows in that order. */
import { Option } from 'commander';
import { usageError } from '../contract/errors.ts';
import type { Shown } from '../output/columns.ts';
import { suggest } from '../text/nearest.ts';
import { offering } from './offered.ts';

/** An order by its word on the command line: the field, and whether its largest come first. */
export type Orders<Row> = Readonly<
  Record<string, { column: keyof Row & string; descending?: true }>
>;

/** `--sort <order>`; any other word is a usage error with the nearest one. */
export function sortOption<Row>(orders: Orders<Row>): Option {
  const words = Object.keys(orders);
  const option = new Option('--sort <order>', `by ${words.join(', ')}`).argParser((word) => {
    if (Object.hasOwn(orders, word)) return word;
    throw usageError('bad_sort', `cannot sort by "${word}"`, suggest(word, words));
  });
  return offering(option, words);
}

/**
 * The rows in an order, those without a value last; as they come where none is asked for, so that a list
 * of any length passes through.
 */
export async function* sorted<Row>(
  rows: AsyncIterable<Shown<Row>>,
  orders: Orders<Row>,
  word: string | undefined,
): AsyncGenerator<Shown<Row>> {
  const order = word === undefined ? undefined : orders[word];
  if (order === undefined) return yield* rows;
  const all: Shown<Row>[] = [];
  for await (const row of rows) all.push(row);
  // Numbers in texts count as numbers: 10.0.0.9 comes before 10.0.0.10. Not made before it is needed: it is slow.
  const { compare: compareTexts } = new Intl.Collator('en', { numeric: true });
  const { column, descending } = order;
  const direction = descending ? -1 : 1;
  yield* all.sort((a, b) => compare(a[column], b[column], direction, compareTexts));
}

function compare(
  a: unknown,
  b: unknown,
  direction: 1 | -1,
  compareTexts: (a: string, b: string) => number,
): number {
  const [isA, isB] = [isComparable(a), isComparable(b)];
  if (!isA || !isB) return Number(isB) - Number(isA);
  const areNumbers = typeof a === 'number' && typeof b === 'number';
  return direction * (areNumbers ? a - b : compareTexts(String(a), String(b)));
}

function isComparable(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'string';
}
