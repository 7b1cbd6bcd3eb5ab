/**
 * How long it takes to draw a table of 10,000 rows, and when its first lines are there: in a pipe, on a terminal
 * with colour, and with text that is not ASCII. `npm run bench:table`.
 */

import type { Column } from '../src/output/columns.ts';
import { createOutput } from '../src/output/output.ts';
import { type FakeIoOptions, fakeIo } from '../test/io.ts';
import { median, verdict } from './figures.ts';

const ROWS = 10_000;
const ROUNDS = 5;
const LIMIT_MS = 3000;

interface Row {
  timestamp: number;
  ip: string;
  event_type: string;
  path: string;
  duration_ms: number;
}

const columns: readonly Column<Row>[] = [
  { name: 'timestamp', kind: 'event_time' },
  { name: 'ip', kind: 'text', role: 'identifier' },
  { name: 'event_type', kind: 'text', tone: () => 'care' },
  { name: 'path', kind: 'text' },
  { name: 'duration_ms', kind: 'ms' },
];

const rowsOf = (path: string): Row[] =>
  Array.from({ length: ROWS }, (_, i) => ({
    timestamp: 1_767_222_000_000 + i * 1000,
    ip: `203.0.113.${i % 256}`,
    event_type: 'rate_limited',
    path: `${path}/${i}`,
    duration_ms: i % 1000,
  }));

async function drawn(path: string, look: FakeIoOptions): Promise<number> {
  const io = fakeIo(look);
  const began = performance.now();
  await createOutput(io, { format: 'table', now: () => 1_767_222_000_000 }).list(
    columns,
    rowsOf(path),
  );
  return performance.now() - began;
}

const CASES: readonly [name: string, path: string, look: FakeIoOptions][] = [
  ['in a pipe', '/models', {}],
  ['on a terminal', '/models', { tty: true, columns: 80 }],
  ['beyond ASCII', '/模型', { tty: true, columns: 80 }],
];

for (const [name, path, look] of CASES) {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) times.push(await drawn(path, look));
  const each = times.map((ms) => ms.toFixed(0)).join(', ');
  verdict(`${ROWS} rows ${name}: ${each} ms, at most ${LIMIT_MS}`, median(times) <= LIMIT_MS);
}
