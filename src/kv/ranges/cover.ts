/**
 * The arithmetic behind lists by time. KV lists by prefix only, but 13-digit milliseconds of near times
 * share their first digits: `176010` is one block of 10^7 ms (2.8 hours), and the same digits begin the
 * 10-digit seconds of that time. So a span of time is a few blocks, each a list of its own. Pure.
 */
import { CLOUDFLARE_PACE } from '../../api/rate-limiter.ts';

/** Milliseconds since 1970: `from` belongs to it, `to` does not. */
export interface Span {
  from: number;
  to: number;
}

/** The `size` milliseconds from `start`, a multiple of `size`; `size` is a power of ten. */
export interface Block {
  start: number;
  size: number;
}

/** The times that have 13 digits of milliseconds, and 10 of seconds: September 2001 to November 2286. */
export const SORTABLE: Span = { from: 1e12, to: 1e13 };

/** The smallest block. A longer prefix than these 10 digits would miss keys in seconds. */
const SECOND = 1000;
export const LARGEST = 1e12;

/** Keys in one page of a list (developers.cloudflare.com/kv/api/list-keys). */
const PAGE = 1000;

/** Keys expected in a span of which nothing is known: few enough that coarse blocks are tried first. */
const GUESS = 250;

/** Blocks that a span is cut into at once. */
const MOST_BLOCKS = 16;

/** Before anything was seen. */
export const guess = ({ from, to }: Span): Outlook => ({ rate: GUESS / (to - from), beside: 1 });

/** What the keys of a block begin with, after the shard's own prefix. */
export const digitsOf = ({ start, size }: Block): string => String(start / size);

export const floorTo = (time: number, size: number): number => time - (time % size);

export const floorSecond = (time: number): number => floorTo(time, SECOND);

/** The block of that size that holds `time`. */
export const blockAt = (time: number, size: number): Block => ({
  start: floorTo(time, size),
  size,
});

/** The part of `span` that lies in `block`; empty (`from >= to`) where there is none. */
export const clip = ({ start, size }: Block, { from, to }: Span): Span => ({
  from: Math.max(from, start),
  to: Math.min(to, start + size),
});

/** The blocks of `size` that hold a span, in order. */
export function cover(span: Span, size: number): Block[] {
  const first = floorTo(span.from, size);
  return Array.from({ length: blocksIn(span, size) }, (_, i) => ({
    start: first + i * size,
    size,
  }));
}

const blocksIn = ({ from, to }: Span, size: number): number =>
  from < to ? (floorTo(to - 1, size) - floorTo(from, size)) / size + 1 : 0;

const pagesIn = (ms: number, rate: number): number => Math.max(1, Math.ceil((ms * rate) / PAGE));

/** What is known of a list before it is made. */
export interface Outlook {
  /** Keys a millisecond. */
  rate: number;
  /** Lists under way at the same time, this one included. */
  beside: number;
}

/**
 * Requests and round trips together: the first count against the API's limit, the second are what the
 * operator waits for. `depth` is how many requests wait for one another.
 */
function cost(requests: number, depth: number, beside: number): number {
  return requests + Math.max(depth, (requests * beside) / CLOUDFLARE_PACE.parallel);
}

/** What it costs to list on by cursor for `ms`. */
export function cursorCost(ms: number, { rate, beside }: Outlook): number {
  const pages = pagesIn(ms, rate);
  return cost(pages, pages, beside);
}

/** What it costs to list a span in blocks of `size`: each from its start, but not beyond the span's end. */
export function coverCost(span: Span, size: number, { rate, beside }: Outlook): number {
  const others = blocksIn(span, size) - 1;
  const whole = pagesIn(size, rate);
  const end = pagesIn(span.to - floorTo(span.to - 1, size), rate);
  return cost(others * whole + end, others > 0 ? whole : end, beside);
}

/**
 * The block size, up to `largest`, that lists a span most cheaply; of equal ones the smallest. Never more
 * than a few blocks: the rate is that of one page, and may be a burst with silence behind it.
 */
export function bestSize(span: Span, outlook: Outlook, largest: number = LARGEST): number {
  let best = largest;
  for (let size = largest; size >= SECOND && blocksIn(span, size) <= MOST_BLOCKS; size /= 10) {
    if (coverCost(span, size, outlook) <= coverCost(span, best, outlook)) best = size;
  }
  return best;
}

/** The largest block whose keys come in one page; at least a second, at most `largest`. */
export function onePageSize(rate: number, largest: number): number {
  let size = SECOND;
  while (size * 10 <= largest && size * 10 * rate <= PAGE) size *= 10;
  return size;
}

export const isSmallest = ({ size }: Block): boolean => size <= SECOND;

/** The next larger size, up to `largest`. */
export const larger = (size: number, largest: number = LARGEST): number =>
  Math.min(size * 10, largest);
