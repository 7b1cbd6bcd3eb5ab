/**
 * Event keys by time. What a list costs follows what is in the span, not what is in the shard: an hour of
 * a week of 100,000 events is two or three requests, where the whole week is a hundred.
 *
 * Keys in milliseconds and in seconds share their first digits and are found together. Keys in ISO 8601,
 * which older Workers wrote, begin differently and take one more request. That request is skipped once a key in
 * milliseconds from before the span was seen: the Worker had then stopped writing ISO 8601 before the span began.
 * (A Worker that went back to it later is not noticed; a scan of the whole shard shows its keys.)
 */
import type { EventId } from '../../shards/event-key.ts';
import type { KeyCodec } from '../../shards/shard.ts';
import {
  type EventKey,
  eventKeys,
  listCover,
  listRest,
  readHead,
  type Source,
  within,
} from './block.ts';
import {
  bestSize,
  blockAt,
  clip,
  guess,
  isSmallest,
  LARGEST,
  larger,
  onePageSize,
  SORTABLE,
  type Span,
} from './cover.ts';
import { isIso, isMilliseconds, isoPrefix } from './shapes.ts';

export type { EventKey } from './block.ts';
export type { Span } from './cover.ts';

/** Fewer keys than this from a block: the next may be larger. */
const FEW = 100;
/** Blocks read one by one; whoever wants more than they hold gets larger ones, listed in parallel. */
const SINGLE_BLOCKS = 3;

export interface EventRange {
  /** All keys of a span, in order of time. */
  all(span: Span): Promise<EventKey[]>;
  /** The same from the newest on, some at a time: it lists only as far as it is asked. */
  newestFirst(span: Span): AsyncGenerator<EventKey[]>;
}

/** The events of a shard by time. Keep it for a whole run: what it has seen spares requests. */
export function eventRange(
  kv: Source['kv'],
  { prefix, key }: { prefix: string; key: KeyCodec<EventId> },
): EventRange {
  /** The oldest key in milliseconds of all that were seen, those outside of a span too. */
  let oldest = Number.POSITIVE_INFINITY;

  const inDigits: Source = {
    kv,
    prefix,
    parse(name) {
      const id = isIso(name, prefix) ? null : key.parse(name);
      if (id && id.timestamp < oldest && isMilliseconds(name, prefix)) oldest = id.timestamp;
      return id;
    },
  };

  const inIso: Source = {
    kv,
    prefix,
    parse: (name) => (isIso(name, prefix) ? key.parse(name) : null),
  };

  /** Keys in ISO 8601, none of which is younger than the oldest in milliseconds. */
  async function listIso({ from, to }: Span): Promise<EventKey[]> {
    if (oldest < from) return [];
    const span = { from, to: Math.min(to, oldest + 1) };
    const found: EventKey[] = [];
    for await (const page of kv.pages({ prefix: prefix + isoPrefix(span) })) {
      for (const event of within(eventKeys(inIso, page.keys), span)) found.push(event);
    }
    return found;
  }

  return {
    async all(asked) {
      const span = sortable(asked);
      if (span.from >= span.to) return [];
      const keys = await listCover(inDigits, span, {
        size: bestSize(span, guess(span)),
        beside: 1,
      });
      return [...(await listIso(span)), ...keys].sort(byTime);
    },
    async *newestFirst(asked) {
      const span = sortable(asked);
      if (span.from >= span.to) return;
      let iso: EventKey[] | null = null;
      const size = bestSize(span, guess(span));
      for await (const keys of backwards(inDigits, span, size, LARGEST)) {
        // Keys in seconds are of an older Worker, and may stand among those in ISO 8601.
        if (!keys.every(({ key }) => isMilliseconds(key.name, prefix))) {
          iso ??= newest(await listIso(span));
        }
        yield iso ? newest([...keys, ...takeSince(iso, keys.at(-1))]) : keys;
      }
      yield iso ?? newest(await listIso(span));
    },
  };
}

/** Takes out of `keys`, which begin with the newest, those that are not older than `event`. */
function takeSince(keys: EventKey[], event: EventKey | undefined): EventKey[] {
  const time = event?.id.timestamp ?? Number.POSITIVE_INFINITY;
  const older = keys.findIndex(({ id }) => id.timestamp < time);
  return keys.splice(0, older === -1 ? keys.length : older);
}

/** Blocks from the end of a span to its beginning, each looked into when it is asked for. */
async function* backwards(
  source: Source,
  span: Span,
  firstSize: number,
  largest: number,
): AsyncGenerator<EventKey[]> {
  let size = firstSize;
  let to = span.to;
  for (let count = 1; to > span.from; count++) {
    const block = blockAt(to - 1, size);
    const part = clip(block, { from: span.from, to });
    const head = await readHead(source, block);
    if (head.until >= part.to || isSmallest(block) || count > SINGLE_BLOCKS) {
      yield newest(await listRest(source, block, part, { head, beside: 1 }));
    } else {
      const missing = { from: Math.max(head.until, part.from), to };
      const below = block.size / 10;
      yield* backwards(source, missing, onePageSize(head.rate, below), below);
      yield newest(within(head.keys, { from: part.from, to: missing.from }));
    }
    if (count % SINGLE_BLOCKS === 0 || head.keys.length < FEW) size = larger(size, largest);
    to = part.from;
  }
}

function sortable({ from, to }: Span): Span {
  return { from: Math.max(from, SORTABLE.from), to: Math.min(to, SORTABLE.to) };
}

function byTime(a: EventKey, b: EventKey): number {
  return a.id.timestamp - b.id.timestamp || (a.key.name < b.key.name ? -1 : 1);
}

const newest = (keys: EventKey[]): EventKey[] => keys.sort(byTime).reverse();
