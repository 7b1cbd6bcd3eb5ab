/** What an operator should make of a report, and do next. Pure. */
import { duration } from '../../output/time.ts';
import { RATE_LIMIT } from '../../shards/ratelimit.ts';
import { plural } from '../../text/plural.ts';
import type { Report } from './report.ts';

export interface Verdict {
  blocked: boolean;
  /** In words. */
  verdict: string;
  /** Commands, the most useful first. */
  next: string[];
}

/** Security events from which on an address that is not blocked looks worth a block. */
const SUSPICIOUS = 10;

export function judge(report: Report, window: string, now: number): Verdict {
  const { bucket } = report;
  const blocked = bucket?.blocked === true;
  const security = countOf(report, 'security');
  const known = bucket !== null || report.events.length > 0;
  const parts = known
    ? [standing(report, now), ...whatHappened(report), ...around(report)]
    : [
        `nothing is known of it: no bucket is open, and there is no event in the last ${window}`,
        ...around(report),
      ];
  return {
    blocked,
    verdict: parts.join('; '),
    next: [...nextSteps(report, { blocked, security, window })],
  };
}

function standing({ bucket, events }: Report, now: number): string {
  if (bucket === null) {
    const last = events.at(-1)?.id?.timestamp;
    const seen =
      last === undefined ? '' : `, last seen ${duration(Math.max(0, (now - last) / 1000))} ago`;
    return `let through: no bucket is open${seen}`;
  }
  const used = `${bucket.count} of ${RATE_LIMIT} requests`;
  if (bucket.blocked !== true) return `let through: ${used} in this window`;
  const left = Math.max(0, Math.ceil(((bucket.reset_at ?? now) - now) / 1000));
  return `blocked now: ${used}, let in again in ${duration(left)}`;
}

/** "12 security events (10 rate_limited, 2 session_invalid)". */
function whatHappened({ events }: Report): string[] {
  return ['security', 'analytics'].flatMap((name) => {
    const types = new Map<string, number>();
    for (const { shard, row } of events) {
      if (shard.name !== name) continue;
      const type = row.event_type ?? 'unreadable';
      types.set(type, (types.get(type) ?? 0) + 1);
    }
    const total = [...types.values()].reduce((sum, count) => sum + count, 0);
    if (total === 0) return [];
    const each = [...types]
      .sort(([, a], [, b]) => b - a)
      .map(([type, count]) => `${count} ${type}`);
    return [`${plural(total, `${name} event`, `${name} events`)} (${each.join(', ')})`];
  });
}

function around({ neighbours, network }: Report): string[] {
  const others = neighbours.filter(({ security }) => security > 0).length;
  if (others === 0) return [];
  const subject = plural(
    others,
    `other address of ${network} has`,
    `other addresses of ${network} have`,
  );
  return [`${subject} security events`];
}

function* nextSteps(
  report: Report,
  { blocked, security, window }: { blocked: boolean; security: number; window: string },
): Generator<string> {
  const { ip, network, neighbours } = report;
  if (blocked) yield `goblin ratelimit reset ${ip}`;
  if (!blocked && security >= SUSPICIOUS) yield `goblin ratelimit block ${ip} --for 1h`;
  if (security > 0) yield `goblin security list --ip ${ip} --since ${window}`;
  if (neighbours.length > 0) yield `goblin events top --ip ${network} --since ${window}`;
  if (report.bucket || report.events.length > 0) yield `goblin events tail --ip ${ip}`;
  else yield `goblin ip ${ip} --since 7d`;
}

const countOf = ({ events }: Report, name: string): number =>
  events.filter(({ shard }) => shard.name === name).length;
