/** A plan in words: what it would touch, and what that costs. */

import { CLOUDFLARE_PACE } from '../api/rate-limiter.ts';
import type { Operations } from '../api/usage.ts';
import { humanCell } from '../output/cell.ts';
import type { AnyColumn } from '../output/columns.ts';
import { relative } from '../output/time.ts';
import type { Plan, PlanCost } from './plan.ts';

/** Keys shown before the question. */
const SAMPLE = 5;

/** Operations a day on the free plan (developers.cloudflare.com/kv/platform/pricing, newest seen 2026-04-21). */
const FREE_DAY: Operations = { read: 100_000, write: 1_000, delete: 1_000, list: 1_000 };

/** The first keys, a line each, and how many more there are. */
export function sample<Row extends object>({ keys, columns }: Plan<Row>, now: number): string[] {
  const lines = keys.slice(0, SAMPLE).map(({ row }) => {
    const cells = columns.map((column) =>
      humanCell(column as AnyColumn, row[column.name], (ms) => relative(ms, now)),
    );
    return `  ${cells.map(({ text }) => text).join('  ')}`;
  });
  const more = keys.length - lines.length;
  return more > 0 ? [...lines, `  … and ${more.toLocaleString('en-US')} more`] : lines;
}

/** "Cost: 2 requests, 12,000 deletes (1,200% of the free plan's day)", and the time beyond a few seconds. */
export function quote({ requests, operations }: PlanCost): string {
  const kinds = Object.entries(operations) as [keyof Operations, number][];
  const shares = kinds.map(([kind, count]) => `${plural(count, kind)} (${freeShare(kind, count)})`);
  const seconds = secondsAtPace(requests);
  const time = seconds > 0 ? [`about ${seconds} s at the API's pace`] : [];
  return `Cost: ${[plural(requests, 'request'), ...shares, ...time].join(', ')}.`;
}

function freeShare(kind: keyof Operations, count: number): string {
  const percent = (100 * count) / FREE_DAY[kind];
  const shown = percent < 10 ? percent.toFixed(1) : Math.round(percent).toLocaleString('en-US');
  return `${shown}% of the free plan's day`;
}

/** Seconds to wait for the API's limit: whole windows, for the first one is free. */
function secondsAtPace(requests: number): number {
  const windows = Math.ceil(requests / CLOUDFLARE_PACE.requests) - 1;
  return Math.max(0, windows) * (CLOUDFLARE_PACE.windowMs / 1000);
}

function plural(count: number, word: string): string {
  return `${count.toLocaleString('en-US')} ${word}${count === 1 ? '' : 's'}`;
}
