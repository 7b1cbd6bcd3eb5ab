import { parseCidr } from '../../arguments/address.ts';
import { parseCount, parseIp } from '../../arguments/parse.ts';
import type { Context } from '../../context.ts';
import { usageError } from '../../contract/errors.ts';
import { machineRow } from '../../output/cell.ts';
import type { Column } from '../../output/columns.ts';
import { duration } from '../../output/time.ts';
import { plural } from '../../text/plural.ts';
import { type Declare, describe } from '../command.ts';
import { EVENTS } from '../events/kinds.ts';
import { rowOf } from '../events/query.ts';
import { addWindowOptions, type WindowFlags, windowOf } from '../events/window.ts';
import { BUCKET_COLUMNS } from '../ratelimit/rows.ts';
import { gather, type Neighbour, type Report } from './report.ts';
import { RUN_COLUMNS, runRow, runsOf } from './runs.ts';
import { judge, type Verdict } from './verdict.ts';

const WINDOW_MS = 86_400_000;
const SHOWN = 20;

interface Options extends WindowFlags {
  ip: string;
  count: number;
}

export const declare: Declare = (noun, run) => {
  noun
    .description(
      describe(
        'All that is known of one address: its bucket, its events, its neighbours, and what to do.',
        [
          'goblin ip 203.0.113.9',
          'goblin ip 2001:db8::1 --since 7d',
          "goblin ip 203.0.113.9 -o json | jq -r '.next[]'",
        ],
      ),
    )
    .argument('<ip>')
    .option('-n, --count <n>', 'events and neighbours in the table', parseCount, SHOWN);
  addWindowOptions(noun, '24h').action((ip: string, flags: Omit<Options, 'ip'>) =>
    run(showAddress, { ...flags, ip: oneAddress(ip) }),
  );
};

/** @throws {GoblinError} exit 2 for a range, with the command that takes one, and for what is no address */
function oneAddress(text: string): string {
  if (!text.includes('/')) return parseIp(text);
  const range = parseCidr(text);
  throw usageError(
    'bad_ip',
    `${range} is a range, not one address`,
    `\`goblin events top --ip ${range}\` counts the events of its addresses.`,
  );
}

/**
 * Shows a report: one object for scripts; for people the timeline and the neighbours, and then the verdict and what to
 * do next, so that these are on the screen.
 */
export async function showAddress(context: Context, options: Options): Promise<void> {
  const { ip, count } = options;
  const now = context.now();
  const span = windowOf(options, now, WINDOW_MS);
  const report = await gather(await context.kv(), ip, span, now);
  const window = duration((now - span.from) / 1000).replaceAll(' ', '');
  const verdict = judge(report, window, now);
  if (context.format === 'table') await showToPeople(context, report, verdict, count);
  else await context.output.one(OBJECT, objectOf(report, verdict));
}

const NEIGHBOURS: readonly Column<Neighbour>[] = [
  { name: 'ip', kind: 'text', role: 'identifier' },
  { name: 'security', kind: 'number' },
  { name: 'analytics', kind: 'number' },
  { name: 'count', kind: 'number' },
  { name: 'last_at', kind: 'time' },
];

type Head = Pick<Report, 'ip' | 'network'> & Pick<Verdict, 'blocked'>;
type Judged = Pick<Verdict, 'verdict'>;

const HEAD: readonly Column<Head>[] = [
  { name: 'ip', kind: 'text', role: 'identifier' },
  { name: 'network', kind: 'text', role: 'identifier' },
  { name: 'blocked', kind: 'boolean', tone: (blocked) => (blocked ? 'bad' : 'quiet') },
];

const VERDICT: Column<Judged> = { name: 'verdict', kind: 'text' };

/** The parts of a report as scripts get them: objects whose times are texts already. */
interface Whole extends Head, Judged {
  bucket: object | null;
  timeline: object[];
  neighbours: object[];
  next: string[];
}

const OBJECT: readonly Column<Whole>[] = [
  ...HEAD,
  VERDICT,
  { name: 'bucket', kind: 'json' },
  { name: 'timeline', kind: 'json' },
  { name: 'neighbours', kind: 'json' },
  { name: 'next', kind: 'json' },
];

function objectOf({ ip, network, bucket, events, neighbours }: Report, verdict: Verdict): Whole {
  return {
    ip,
    network,
    ...verdict,
    bucket: bucket && machineRow(BUCKET_COLUMNS, bucket),
    timeline: events.map((event) => machineRow(EVENTS.columns, rowOf(event))),
    neighbours: neighbours.map((row) => machineRow(NEIGHBOURS, row)),
  };
}

async function showToPeople(
  { output, log }: Context,
  { ip, network, events, neighbours }: Report,
  { blocked, verdict, next }: Verdict,
  count: number,
): Promise<void> {
  await output.one<Head>(HEAD, { ip, network, blocked });
  const runs = runsOf(events).slice(-count);
  if (runs.length > 0) {
    const shown = runs.reduce((sum, run) => sum + run.count, 0);
    await log.note('');
    await log.note(`The last ${shown} of ${plural(events.length, 'event', 'events')}:`);
    await output.list(RUN_COLUMNS, runs.map(runRow));
  }
  if (neighbours.length > 0) {
    await log.note('');
    await log.note(`Others of ${network}, with requests in their buckets (count):`);
    await output.list<Neighbour>(NEIGHBOURS, neighbours.slice(0, count));
  }
  await log.note('');
  await output.one<Judged>([VERDICT], { verdict });
  await log.note('Next:');
  for (const command of next) await log.note(`  ${command}`);
}
