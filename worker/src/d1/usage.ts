/** `api_usage`: what each user asked of each endpoint on each UTC day, summed up in the isolate. */
import { utcDay } from '../../../src/tables/sql-time.ts';
import { addUsage, type UsageDelta } from '../../../src/tables/usage.ts';
import type { Call } from '../call.ts';
import {
  FIRST_ROWS,
  MAX_D1_TEXT,
  MAX_USAGE,
  MOST_ROWS,
  ONE_DAY,
  REQUESTS_PER_ROW,
} from '../limits.ts';
import { endpointOf } from './endpoints.ts';
import { newOutbox } from './outbox.ts';

/** Rows that may be written: requests earn them, and what is written is paid for. */
let rows = FIRST_ROWS;

export const usageOutbox = newOutbox<UsageDelta>({
  kind: 'usage',
  limit: MAX_USAGE,
  statementOf: addUsage,
  merge: addTo,
  weightOf: ({ requests }) => requests,
  isUrgent: (items) => items <= rows || items > MAX_USAGE / 2,
  written(count) {
    rows = Math.max(-MOST_ROWS, rows - count);
  },
});

/** The day of the last request. */
let day = { number: 0, text: '' };

/** Counts a request that was let through, once it is answered. */
export function countUsage(call: Call, status: number): void {
  if (!call.event) return;
  rows = Math.min(MOST_ROWS, rows + 1 / REQUESTS_PER_ROW);
  const number = Math.floor(call.now / ONE_DAY);
  if (number !== day.number) day = { number, text: utcDay(call.now) };
  const user_id = (call.session?.user_id ?? '').slice(0, MAX_D1_TEXT).toWellFormed();
  const endpoint = endpointOf(call, status !== 404);
  usageOutbox.add(call, `${day.text}${endpoint}\n${user_id}`, {
    day: day.text,
    user_id,
    endpoint,
    requests: 1,
    errors: status >= 400 ? 1 : 0,
    tokens: call.tokens ?? 0,
    cost: call.cost ?? 0,
    duration_ms: Math.max(0, Date.now() - call.now),
  });
}

function addTo(sum: UsageDelta, { requests, errors, tokens, cost, duration_ms }: UsageDelta): void {
  sum.requests += requests;
  sum.errors += errors;
  sum.tokens += tokens;
  sum.cost += cost;
  sum.duration_ms += duration_ms;
}
