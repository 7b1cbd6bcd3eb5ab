import { Option } from 'commander';
import { addFieldsOption, type FieldsFlag } from '../../arguments/fields.ts';
import { offering } from '../../arguments/offered.ts';
import { parseCount } from '../../arguments/parse.ts';
import type { Context } from '../../context.ts';
import { usageError } from '../../contract/errors.ts';
import { eventKeysIn, eventSources } from '../../kv/ranges/events.ts';
import type { Column } from '../../output/columns.ts';
import { analytics } from '../../shards/analytics.ts';
import { RATE_LIMIT, RATE_LIMIT_TTL } from '../../shards/ratelimit.ts';
import { parseLength } from '../../text/durations.ts';
import { suggest } from '../../text/nearest.ts';
import { type Declare, describe } from '../command.ts';
import { addWindowOptions, type WindowFlags, windowOf } from '../events/window.ts';
import { ALGORITHMS, type Algorithm, type Replay, replay } from './replay.ts';

const WINDOW_MS = 86_400_000;

interface ReplayRow extends Replay {
  ip: string;
  /** Percent of the requests that would have been blocked. */
  share: number;
}

interface Options extends WindowFlags, FieldsFlag<ReplayRow> {
  limit: number;
  /** Milliseconds. */
  window: number;
  algo: Algorithm;
}

const COLUMNS: readonly Column<ReplayRow>[] = [
  { name: 'ip', kind: 'text', role: 'identifier' },
  { name: 'requests', kind: 'number' },
  { name: 'blocked', kind: 'number', tone: () => 'bad' },
  { name: 'share', kind: 'percent', role: 'secondary' },
  { name: 'peak', kind: 'number', role: 'secondary' },
  { name: 'first_blocked_at', kind: 'time', role: 'secondary' },
];

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('simulate')
    .summary('who would be blocked under another limit')
    .description(
      describe(
        'Replays the requests that analytics events tell of under another limit, and lists the addresses ' +
          'it would have blocked. From keys alone: no value is read.',
        [
          'goblin ratelimit simulate --limit 60',
          'goblin ratelimit simulate --limit 20 --window 10s --algo sliding --since 6h',
        ],
      ),
    )
    .option('--limit <n>', 'requests let through in a window', parseCount, RATE_LIMIT)
    .option('--window <duration>', 'length of a window (60s)', parseLength, RATE_LIMIT_TTL * 1000)
    .addOption(
      offering(
        new Option('--algo <name>', 'fixed windows, as the edge has, or a sliding one')
          .argParser(parseAlgorithm)
          .default('fixed'),
        ALGORITHMS,
      ),
    );
  addFieldsOption(addWindowOptions(command, '24h'), COLUMNS).action((flags: Options) =>
    run(simulate, flags),
  );
};

function parseAlgorithm(word: string): Algorithm {
  const algorithm = ALGORITHMS.find((name) => name === word);
  if (algorithm) return algorithm;
  throw usageError('bad_algorithm', `there is no algorithm "${word}"`, suggest(word, ALGORITHMS));
}

/** Lists the addresses that would have been blocked, those with the most blocked requests first. */
export async function simulate(context: Context, options: Options): Promise<void> {
  const { limit, window, algo, fields } = options;
  const now = context.now();
  const sources = eventSources(await context.kv(), [analytics]);
  const span = windowOf(options, now, WINDOW_MS);
  const keys = await eventKeysIn(sources, span, { keepId: () => true, now });
  const times = new Map<string, number[]>();
  for (const { id } of keys) {
    const known = times.get(id.ip);
    if (known) known.push(id.timestamp);
    else times.set(id.ip, [id.timestamp]);
  }

  const replays = [...times].map(([ip, each]) => ({
    ip,
    ...replay(each, { limit, windowMs: window, algo }),
  }));
  const hit = replays.filter(({ blocked }) => blocked > 0).sort((a, b) => b.blocked - a.blocked);
  await context.output.list<ReplayRow>(
    fields ?? COLUMNS,
    hit.map((row) => ({ ...row, share: percent(row.blocked, row.requests) })),
  );
  await context.log.note(summary(replays, hit));
  for (const caveat of CAVEATS) await context.log.note(caveat);
}

function summary(all: readonly Replay[], hit: readonly Replay[]): string {
  const requests = all.reduce((sum, row) => sum + row.requests, 0);
  const blocked = hit.reduce((sum, row) => sum + row.blocked, 0);
  const count = (value: number) => value.toLocaleString('en-US');
  return (
    `${count(hit.length)} of ${count(all.length)} addresses would have been blocked, ` +
    `with ${count(blocked)} of ${count(requests)} requests (${percent(blocked, requests)}%).`
  );
}

const CAVEATS = [
  'Requests that were blocked at the time left no analytics event: a limit above the present one looks ' +
    'milder here than it would be.',
  'Where the Worker samples analytics (ANALYTICS_SAMPLE), only that share of the requests is replayed.',
];

const percent = (part: number, whole: number): number =>
  whole === 0 ? 0 : Math.round((1000 * part) / whole) / 10;
