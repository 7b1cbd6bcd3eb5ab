/** Listing one block of time: as far as one page, and from there on by cursor or by smaller blocks. */
import type { EventId } from '../../shards/event-key.ts';
import type { KvKey } from '../../shards/kv-key.ts';
import type { KvPage, KvStore } from '../namespace.ts';
import {
  type Block,
  bestSize,
  clip,
  cover,
  coverCost,
  cursorCost,
  digitsOf,
  floorSecond,
  isSmallest,
  type Span,
} from './cover.ts';

/** An event's key whose name told its time. */
export interface EventKey {
  key: KvKey;
  id: EventId;
}

/** Where keys are listed, and which of them count. */
export interface Source {
  kv: Pick<KvStore, 'pages'>;
  prefix: string;
  /** The identity in a key's name; null where the key is none of these. */
  parse: (name: string) => EventId | null;
}

/** A block as far as it was listed. */
export interface Head {
  keys: EventKey[];
  /** All keys before this instant are there; `to` and more where nothing is missing. */
  until: number;
  /** Keys a millisecond. */
  rate: number;
  /** The pages that follow. */
  rest: AsyncGenerator<KvPage>;
}

export function eventKeys({ parse }: Source, keys: readonly KvKey[]): EventKey[] {
  return keys.flatMap((key) => {
    const id = parse(key.name);
    return id === null ? [] : [{ key, id }];
  });
}

export const within = (keys: readonly EventKey[], { from, to }: Span): EventKey[] =>
  keys.filter(({ id: { timestamp } }) => timestamp >= from && timestamp < to);

/**
 * The first page of a block that has a time in it. A key in seconds sorts behind the milliseconds of its
 * second, so of the last second on a page nothing is certain.
 */
export async function readHead(source: Source, block: Block): Promise<Head> {
  const rest = source.kv.pages({ prefix: source.prefix + digitsOf(block) });
  for (;;) {
    const { value: page, done } = await rest.next();
    const keys = done ? [] : eventKeys(source, page.keys);
    if (done || page.cursor === null) return { keys, until: Infinity, rate: 0, rest };
    const first = keys[0]?.id.timestamp;
    const last = keys.at(-1)?.id.timestamp;
    if (first === undefined || last === undefined) continue;
    return { keys, until: floorSecond(last), rate: keys.length / Math.max(1, last - first), rest };
  }
}

/** The keys of a span within a block whose head is known, in key order. */
export async function listRest(
  source: Source,
  block: Block,
  span: Span,
  { head, beside }: { head: Head; beside: number },
): Promise<EventKey[]> {
  if (head.until >= span.to) return within(head.keys, span);
  const missing = { from: Math.max(head.until, span.from), to: span.to };
  const outlook = { rate: head.rate, beside };
  const size = isSmallest(block) ? null : bestSize(missing, outlook, block.size / 10);
  const byCursor = cursorCost(span.to - head.until, outlook);
  if (size === null || byCursor <= coverCost(missing, size, outlook)) {
    return within([...head.keys, ...(await readOn(source, span, head.rest))], span);
  }
  const known = within(head.keys, { from: span.from, to: missing.from });
  return [...known, ...(await listCover(source, missing, { size, beside }))];
}

/** All keys of a span by blocks of `size`, as many at once as the retry layer lets through. */
export async function listCover(
  source: Source,
  span: Span,
  { size, beside }: { size: number; beside: number },
): Promise<EventKey[]> {
  const blocks = cover(span, size);
  const listBlock = async (block: Block) => {
    const head = await readHead(source, block);
    return listRest(source, block, clip(block, span), { head, beside: beside * blocks.length });
  };
  return (await Promise.all(blocks.map(listBlock))).flat();
}

async function readOn(
  source: Source,
  { to }: Span,
  pages: AsyncGenerator<KvPage>,
): Promise<EventKey[]> {
  const found: EventKey[] = [];
  for await (const page of pages) {
    const keys = eventKeys(source, page.keys);
    for (const key of keys) found.push(key);
    const last = keys.at(-1);
    if (last && floorSecond(last.id.timestamp) >= to) break;
  }
  return found;
}
