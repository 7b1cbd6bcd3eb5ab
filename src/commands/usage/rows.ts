/** API usage as it is shown. */
import type { Column } from '../../output/columns.ts';
import type { UsageSums } from '../../tables/usage.ts';

/** Sums of requests, and a bar of them for people. Times in milliseconds, cost in US dollars. */
export interface SumsRow extends UsageSums {
  /** Of one request, on average; null where there was none. */
  average_ms: number | null;
  bar: string;
}

export const SUM_COLUMNS: readonly Column<SumsRow>[] = [
  { name: 'requests', kind: 'number' },
  { name: 'errors', kind: 'number' },
  { name: 'tokens', kind: 'number' },
  { name: 'cost', kind: 'number' },
  { name: 'average_ms', kind: 'ms', role: 'secondary' },
  { name: 'duration_ms', kind: 'ms', machineOnly: true },
];

export const BAR: Column<SumsRow> = { name: 'bar', kind: 'text', role: 'secondary', fixed: true };

/** Millionths of a dollar are more digits than anybody is billed for. */
const CENTS = 1e6;

/** The sums of a row of D1, without a bar. */
export function sumsOf(row: Record<string, unknown>): SumsRow {
  const number = (name: string) => Number(row[name] ?? 0);
  const [requests, duration_ms] = [number('requests'), number('duration_ms')];
  return {
    requests,
    errors: number('errors'),
    tokens: number('tokens'),
    cost: Math.round(number('cost') * CENTS) / CENTS,
    duration_ms,
    average_ms: requests === 0 ? null : Math.round(duration_ms / requests),
    bar: '',
  };
}
