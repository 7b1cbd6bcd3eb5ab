import type { Context } from '../../context.ts';
import type { KvStore } from '../../kv/namespace.ts';
import { eventRange, type Span } from '../../kv/ranges/ranges.ts';
import { readKeys, readShard } from '../../kv/records.ts';
import type { Column, Shown } from '../../output/columns.ts';
import { type AnalyticsRow, analytics } from '../../shards/analytics.ts';
import { cache } from '../../shards/cache.ts';
import { parseInstant } from '../../text/durations.ts';
import { plural } from '../../text/plural.ts';
import { type Declare, describe } from '../command.ts';

interface Options {
  /** As it was typed: it may mean a time before now. */
  since: string;
}

/** What is stored now. */
interface Stored {
  entries: number;
  /** Bytes. */
  size: number;
  oldest: number | null;
  newest: number | null;
}

/** How requests were answered; null where older events do not say. */
interface Answered {
  hits: number;
  misses: number | null;
  /** Percent. */
  hit_share: number | null;
}

const COLUMNS: readonly Column<Stored & Answered & { since: number }>[] = [
  { name: 'entries', kind: 'number' },
  { name: 'size', kind: 'bytes' },
  { name: 'oldest', kind: 'time' },
  { name: 'newest', kind: 'time' },
  { name: 'since', kind: 'time' },
  { name: 'hits', kind: 'number' },
  { name: 'misses', kind: 'number' },
  { name: 'hit_share', kind: 'percent' },
];

export const declare: Declare = (noun, run) => {
  noun
    .command('stats')
    .summary('how much is kept, and what it is good for')
    .description(
      describe(
        'How much is cached, and which share of the requests it answered, by the analytics events. Older ' +
          'Workers left no event for a miss: with theirs among the events, the share is unknown.',
        ['goblin cache stats', 'goblin cache stats --since 24h --json'],
      ),
    )
    .option('--since <time>', 'events from then on', '1h')
    .action((options: Options) => run(stats, options));
};

/** Shows what is cached in figures. */
export async function stats(context: Context, { since }: Options): Promise<void> {
  const now = context.now();
  const from = parseInstant(since, now);
  const kv = await context.kv();
  const [stored, answered] = await Promise.all([
    storedNow(kv, now),
    answeredIn(context, kv, { from, to: now + 1 }),
  ]);
  await context.output.one(COLUMNS, { ...stored, since: from, ...answered });
}

async function storedNow(kv: KvStore, now: number): Promise<Stored> {
  let entries = 0;
  let size = 0;
  let oldest: number | null = null;
  let newest: number | null = null;
  for await (const page of readShard(kv, cache, { now })) {
    for (const { row } of page) {
      entries++;
      size += row.size ?? 0;
      if (row.cached_at == null) continue;
      oldest = Math.min(oldest ?? row.cached_at, row.cached_at);
      newest = Math.max(newest ?? row.cached_at, row.cached_at);
    }
  }
  return { entries, size, oldest, newest };
}

async function answeredIn(context: Context, kv: KvStore, span: Span): Promise<Answered> {
  const events = await eventRange(kv, analytics).all(span);
  const records = await readKeys(
    kv,
    analytics,
    events.map(({ key }) => key),
  );
  const count = (type: string) => records.filter(({ row }) => row.event_type === type).length;
  const hits = count('cache_hit');
  const untold = records.filter(({ row }) => mayBeMiss(row)).length;
  if (untold > 0) {
    await context.log.note(untoldText(untold));
    return { hits, misses: null, hit_share: null };
  }
  const misses = count('cache_miss');
  const asked = hits + misses;
  return { hits, misses, hit_share: asked === 0 ? null : Math.round((1000 * hits) / asked) / 10 };
}

/** What Workers of the first generation called any request that was answered, a cache miss among them. */
const ANSWERED = ['success', 'request_complete'];
/** What they cached, by the beginning of the path. */
const CACHED = /^(\/api)?\/(health|models|providers|settings)/;

/** Whether an event may be a miss that is not called one. */
function mayBeMiss({ event_type = '', method, path }: Shown<AnalyticsRow>): boolean {
  const isGet = method == null || method === 'GET';
  return ANSWERED.includes(event_type) && isGet && (path == null || CACHED.test(path));
}

function untoldText(count: number): string {
  const events = plural(count, 'event of an older Worker does', 'events of older Workers do');
  return `${events} not tell whether it was a cache miss, so misses and share are unknown`;
}
