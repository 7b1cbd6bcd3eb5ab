import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createOutput } from '../../src/output/output.ts';
import { widthOf } from '../../src/output/width.ts';
import type { Column, Row } from '../../src/shards/shard.ts';
import { fakeIo } from '../io.ts';
import { COLUMNS, HOSTILE, NOW, ROW, UNSAFE } from './rows.ts';

const EVENTS: readonly Column[] = [
  { name: 'timestamp', kind: 'time' },
  { name: 'ip', kind: 'text' },
  { name: 'path', kind: 'text' },
  { name: 'duration_ms', kind: 'ms' },
];

const event = (path: string, more: Row = {}): Row => ({
  timestamp: NOW - 60_000,
  ip: '203.0.113.9',
  path,
  duration_ms: 12,
  ...more,
});

interface Look {
  tty?: boolean;
  columns?: number;
  env?: Record<string, string>;
}

/** The lines of a table of `rows`, as they are printed with that look. */
async function listed(columns: readonly Column[], rows: Iterable<Row>, look: Look = {}) {
  const io = fakeIo(look);
  await createOutput(io, { format: 'table', now: () => NOW }).list(columns, rows);
  return io.stdout.text.split('\n').slice(0, -1);
}

const stripped = (text: string) => text.replace(/\x1b\[\d+m/g, '');

describe('a list', () => {
  it('is aligned, figures on the right, with no spaces at the ends', async () => {
    const rows = [event('/models'), event('/chat', { duration_ms: 1200, ip: '2001:db8::7' })];
    expect(await listed(EVENTS, rows)).toEqual([
      'TIMESTAMP  IP           PATH     DURATION_MS',
      '1m ago     203.0.113.9  /models        12 ms',
      '1m ago     2001:db8::7  /chat        1200 ms',
    ]);
  });

  it('shows every kind, and leaves out columns for machines', async () => {
    const lines = await listed(COLUMNS, [ROW]);
    expect(lines[0]).not.toContain('EXPIRES_AT');
    expect(lines[1]?.split(/ {2,}/)).toEqual([
      '3m ago',
      '2001:db8::7',
      '17',
      '25%',
      '1.2 KiB',
      '2h 3m',
      '12 ms',
      'true',
      's_0123456789',
      '{"a":[1]}',
    ]);
  });

  it('counts wide characters as two cells', async () => {
    const rows = [event('/世界'), event('/chat')];
    expect((await listed(EVENTS, rows)).slice(1)).toEqual([
      '1m ago     203.0.113.9  /世界        12 ms',
      '1m ago     203.0.113.9  /chat        12 ms',
    ]);
  });

  it('says what is wrong with a row, only where something is', async () => {
    const rows = [event('/models'), event('/chat', { problem: 'no\x1b JSON' })];
    expect(await listed(EVENTS, rows)).toEqual([
      'TIMESTAMP  IP           PATH     DURATION_MS  PROBLEM',
      '1m ago     203.0.113.9  /models        12 ms',
      '1m ago     203.0.113.9  /chat          12 ms  no\\x1b JSON',
    ]);
  });

  it('has the same rows on a terminal as in a pipe', async () => {
    const rows = [event('/models'), event('/chat', { problem: 'old', duration_ms: null })];
    const coloured = await listed(EVENTS, rows, { tty: true });
    expect(coloured.join('\n')).toContain('\x1b[');
    expect(coloured.map(stripped)).toEqual(await listed(EVENTS, rows));
  });

  it('is never cut in a pipe', async () => {
    const path = `/${'long'.repeat(100)}`;
    expect((await listed(EVENTS, [event(path)])).join('\n')).toContain(path);
  });

  it('narrows its widest text first on a terminal', async () => {
    const rows = [event(`/${'long'.repeat(100)}`)];
    expect((await listed(EVENTS, rows, { tty: true, columns: 50 })).map(stripped)).toEqual([
      'TIMESTAMP  IP           PATH           DURATION_MS',
      '1m ago     203.0.113.9  /longlonglon…        12 ms',
    ]);
  });

  it('says that there is more where no text can give way any further', async () => {
    const rows = [event('/models')];
    expect((await listed(EVENTS, rows, { tty: true, columns: 35 })).map(stripped)).toEqual([
      'TIMESTAMP  IP        PATH     …',
      '1m ago     203.0.1…  /models  …',
    ]);
  });

  it('cuts no handle while there is text to cut', async () => {
    const handle: Column = { name: 'handle', kind: 'handle' };
    const row = event('/some/long/path', { handle: 's_0123456789' });
    const lines = await listed([handle, ...EVENTS], [row], { tty: true, columns: 60 });
    expect(stripped(lines[1] ?? '')).toBe(
      's_0123456789  1m ago     203.0.113…  /some/lon…        12 ms',
    );
  });

  it('never exceeds the terminal, whatever is stored', async () => {
    const value = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.constantFrom(...HOSTILE),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    );
    const names = [...COLUMNS.map(({ name }) => name), 'problem'];
    const row = fc.record(Object.fromEntries(names.map((name) => [name, value])));
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 5 }),
        fc.integer({ min: 1, max: 200 }),
        async (rows, columns) => {
          const env = { NO_COLOR: '1' };
          const lines = await listed(COLUMNS, rows, { tty: true, columns, env });
          expect(lines).toHaveLength(rows.length && rows.length + 1);
          for (const line of lines) {
            expect(widthOf(line)).toBeLessThanOrEqual(columns);
            expect(line).not.toMatch(/ $/);
            expect(line).not.toMatch(UNSAFE);
          }
        },
      ),
    );
  });

  it('lays out 20,000 rows in far less time than anyone notices', async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => event(`/models/${i}`));
    const began = performance.now();
    expect(await listed(EVENTS, rows)).toHaveLength(20_001);
    // About 0.1 s; the limit only has to tell linear from quadratic on a busy machine.
    expect(performance.now() - began).toBeLessThan(5000);
  });
});

describe('one thing', () => {
  it('is a line for each field, uncut, times in both ways', async () => {
    const io = fakeIo({ tty: true, columns: 20, env: { NO_COLOR: '1' } });
    const output = createOutput(io, { format: 'table', now: () => NOW });
    await output.one(EVENTS, event('/a/path/of/some/length', { problem: 'old spelling' }));
    expect(io.stdout.text.split('\n')).toEqual([
      'timestamp    2025-06-01T11:59:00Z (1m ago)',
      'ip           203.0.113.9',
      'path         /a/path/of/some/length',
      'duration_ms  12 ms',
      'problem      old spelling',
      '',
    ]);
  });
});

describe('a stream', () => {
  it('prints each row when it comes, under one header, widening when it must', async () => {
    const io = fakeIo();
    const seen: number[] = [];
    async function* rows() {
      for (const path of ['/a', '/a/path/of/some/length', '/b']) {
        yield event(path, { problem: path === '/b' ? 'odd' : undefined });
        seen.push(io.stdout.chunks.length);
      }
    }
    const output = createOutput(io, { format: 'table', now: () => NOW });
    expect(await output.stream(EVENTS, rows())).toBe(3);
    expect(seen).toEqual([1, 2, 3]);
    expect(io.stdout.text.split('\n')).toEqual([
      'TIMESTAMP             IP               PATH             DURATION_MS',
      '2025-06-01T11:59:00Z  203.0.113.9      /a                     12 ms',
      '2025-06-01T11:59:00Z  203.0.113.9      /a/path/of/some/length        12 ms',
      '2025-06-01T11:59:00Z  203.0.113.9      /b                            12 ms  odd',
      '',
    ]);
  });
});
