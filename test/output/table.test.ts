import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TimeStyle } from '../../src/output/clock.ts';
import type { Column, Shown } from '../../src/output/columns.ts';
import { createOutput } from '../../src/output/output.ts';
import { widthOf } from '../../src/output/width.ts';
import { fakeIo } from '../io.ts';
import { COLUMNS, HOSTILE, NOW, ROW, type Row, UNSAFE } from './rows.ts';

interface Event {
  timestamp: number;
  ip: string;
  path: string;
  duration_ms: number | null;
}

const EVENTS: readonly Column<Event>[] = [
  { name: 'timestamp', kind: 'time' },
  { name: 'ip', kind: 'text' },
  { name: 'path', kind: 'text' },
  { name: 'duration_ms', kind: 'ms' },
];

const event = (path: string, more: Shown<Event> = {}): Shown<Event> => ({
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
  time?: TimeStyle;
}

const { TZ } = process.env;
beforeAll(() => {
  process.env.TZ = 'America/St_Johns';
});
afterAll(() => {
  if (TZ === undefined) delete process.env.TZ;
  else process.env.TZ = TZ;
});

/** The lines of a table of `rows`, as they are printed with that look. */
async function listed<R extends object>(
  columns: readonly Column<R>[],
  rows: Iterable<Shown<R>>,
  look: Look = {},
) {
  const io = fakeIo(look);
  const { time } = look;
  await createOutput(io, { format: 'table', time, now: () => NOW }).list(columns, rows);
  return io.stdout.text.split('\n').slice(0, -1);
}

const plain = { tty: true, env: { NO_COLOR: '1' } };

const stripped = (text: string) => text.replace(/\x1b\[\d+m/g, '');

describe('a list', () => {
  it('is aligned, figures on the right, with no spaces at the ends', async () => {
    const rows = [event('/models'), event('/chat', { duration_ms: 1200, ip: '2001:db8::7' })];
    expect(await listed(EVENTS, rows, plain)).toEqual([
      'TIMESTAMP  IP           PATH     DURATION_MS',
      '1m ago     203.0.113.9  /models        12 ms',
      '1m ago     2001:db8::7  /chat        1200 ms',
    ]);
  });

  it('shows every kind, and leaves out columns for machines', async () => {
    const lines = await listed(COLUMNS, [ROW], { ...plain, columns: 120 });
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
    expect((await listed(EVENTS, rows, plain)).slice(1)).toEqual([
      '1m ago     203.0.113.9  /世界        12 ms',
      '1m ago     203.0.113.9  /chat        12 ms',
    ]);
  });

  it('says what is wrong with a row, only where something is', async () => {
    const rows = [event('/models'), event('/chat', { problem: 'no\x1b JSON' })];
    expect(await listed(EVENTS, rows, plain)).toEqual([
      'TIMESTAMP  IP           PATH     DURATION_MS  PROBLEM',
      '1m ago     203.0.113.9  /models        12 ms',
      '1m ago     203.0.113.9  /chat          12 ms  no\\x1b JSON',
    ]);
  });

  it('has the same rows on a terminal as in a pipe', async () => {
    const rows = [event('/models'), event('/chat', { problem: 'old', duration_ms: null })];
    const coloured = await listed(EVENTS, rows, { tty: true, time: 'utc' });
    expect(coloured.join('\n')).toContain('\x1b[');
    expect(coloured.map(stripped)).toEqual(await listed(EVENTS, rows));
  });

  it('is drawn the same with colour as without', async () => {
    const rows = [event('/世界', { problem: 'old' }), event('/chat', { duration_ms: null })];
    const coloured = await listed(EVENTS, rows, { tty: true });
    expect(coloured.map(stripped)).toEqual(await listed(EVENTS, rows, plain));
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

  it('never exceeds the terminal, whatever is stored, unless identifiers alone do', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.constantFrom(...HOSTILE),
      fc.constant(null),
    );
    const number = fc.option(fc.integer());
    const row = fc.record({
      timestamp: fc.oneof(number, fc.constant(1e300)),
      ip: text,
      count: number,
      share: number,
      size: number,
      idle: number,
      duration_ms: number,
      blocked: fc.option(fc.boolean()),
      handle: fc.constantFrom('s_0123456789', '\u202es_x'),
      extra: fc.jsonValue({ stringUnit: 'binary' }),
      problem: text,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 5 }),
        fc.integer({ min: 1, max: 200 }),
        async (rows, columns) => {
          const lines = await listed(COLUMNS, rows as Shown<Row>[], { ...plain, columns });
          const problems = rows.filter(({ problem }) => problem).length;
          const count = rows.length && rows.length + 1;
          expect([count, count + problems]).toContain(lines.length);
          for (const line of lines) {
            expect(widthOf(line)).toBeLessThanOrEqual(Math.max(columns, 's_0123456789'.length));
            expect(line).not.toMatch(/ $/);
            expect(line).not.toMatch(UNSAFE);
          }
        },
      ),
    );
  });

  it('is drawn in tables of a hundred lines, for the time to draw one is quadratic', async () => {
    const io = fakeIo();
    const rows = Array.from({ length: 450 }, (_, i) => event(`/models/${i}`));
    await createOutput(io, { format: 'table', now: () => NOW }).list(EVENTS, rows);
    const lines = io.stdout.chunks.map((chunk) => chunk.split('\n').length - 1);
    expect(lines).toEqual([100, 100, 100, 100, 51]);
    expect(new Set(io.stdout.text.split('\n').map((line) => line.indexOf('203.0.113.9')))).toEqual(
      new Set([-1, 'YYYY-MM-DDTHH:MM:SSZ  '.length]),
    );
  });
});

describe('a narrow terminal', () => {
  interface Wide {
    ip: string;
    path: string;
    agent: string;
    status: number;
    problem?: string;
  }
  const WIDE: readonly Column<Wide>[] = [
    { name: 'ip', kind: 'text', role: 'identifier' },
    { name: 'status', kind: 'number', role: 'secondary' },
    { name: 'path', kind: 'text' },
    { name: 'agent', kind: 'text', role: 'secondary' },
  ];
  const row: Wide = {
    ip: '2001:db8:85a3:8d3:1319:8a2e:370:7348',
    status: 200,
    path: '/api/v1/conversations/42',
    agent: 'curl/8.5.0 (x86_64-pc-linux-gnu)',
  };

  async function at(columns: number) {
    const io = fakeIo({ ...plain, columns });
    await createOutput(io, { format: 'table', now: () => NOW }).list(WIDE, [row]);
    return { lines: io.stdout.text.split('\n').slice(1, -1), said: io.stderr.text };
  }

  it('has everything while there is room', async () => {
    expect(await at(120)).toEqual({
      lines: [
        '2001:db8:85a3:8d3:1319:8a2e:370:7348     200  /api/v1/conversations/42  curl/8.5.0 (x86_64-pc-linux-gnu)',
      ],
      said: '',
    });
  });

  it('shortens secondary texts before it leaves any out', async () => {
    const { lines, said } = await at(90);
    expect(lines).toEqual([
      '2001:db8:85a3:8d3:1319:8a2e:370:7348     200  /api/v1/conversations/42  curl/8.5.0 (x86_6…',
    ]);
    expect(said).toBe('');
  });

  it('leaves secondary columns out, the last one first, and says which', async () => {
    expect(await at(70)).toEqual({
      lines: ['2001:db8:85a3:8d3:1319:8a2e:370:7348     200  /api/v1/conversations/42'],
      said: '1 column does not fit: agent. Widen the window, or use -o json.\n',
    });
    expect(await at(60)).toEqual({
      lines: ['2001:db8:85a3:8d3:1319:8a2e:370:7348  /api/v1/conversations…'],
      said: '2 columns do not fit: status, agent. Widen the window, or use -o json.\n',
    });
  });

  it('of unknown width has 80 columns', async () => {
    expect(await at(0)).toEqual(await at(80));
  });

  it('never cuts an identifier', async () => {
    const { lines, said } = await at(20);
    expect(lines).toEqual(['2001:db8:85a3:8d3:1319:8a2e:370:7348']);
    expect(said).toContain('status, path, agent');
  });
});

describe('times in a list', () => {
  interface Timed {
    happened: number;
    seen: number;
  }
  const TIMED: readonly Column<Timed>[] = [
    { name: 'happened', kind: 'event_time' },
    { name: 'seen', kind: 'time' },
  ];
  const rows = [{ happened: NOW - 14_400_000, seen: NOW - 180_000 }];

  it('are absolute for events and relative for others on a terminal, in its zone by name', async () => {
    expect(await listed(TIMED, rows, plain)).toEqual([
      'HAPPENED (UTC-2:30)  SEEN',
      '2025-06-01 05:30:00  3m ago',
    ]);
  });

  it('are UTC elsewhere, and never relative', async () => {
    const utc = ['HAPPENED              SEEN', '2025-06-01T08:00:00Z  2025-06-01T11:57:00Z'];
    expect(await listed(TIMED, rows)).toEqual(utc);
    expect(await listed(TIMED, rows, { time: 'relative' })).toEqual(utc);
  });

  it('are as the operator chose', async () => {
    expect((await listed(TIMED, rows, { ...plain, time: 'relative' }))[1]).toBe('4h ago    3m ago');
    expect(await listed(TIMED, rows, { ...plain, time: 'local' })).toEqual([
      'HAPPENED (UTC-2:30)  SEEN (UTC-2:30)',
      '2025-06-01 05:30:00  2025-06-01 09:27:00',
    ]);
    expect((await listed(TIMED, rows, { time: 'local' }))[1]).toContain('2025-06-01 09:27:00');
    expect((await listed(TIMED, rows, { ...plain, time: 'utc' }))[1]).toBe(
      '2025-06-01T08:00:00Z  2025-06-01T11:57:00Z',
    );
  });

  it('name their own zone across a change to summer time', async () => {
    const winter = [{ happened: Date.parse('2025-01-01T12:00:00Z'), seen: NOW }];
    expect((await listed(TIMED, winter, plain))[1]).toBe('2025-01-01 08:30:00 UTC-3:30  now');
  });
});

describe('one thing', () => {
  it('has its times in UTC alone in a pipe', async () => {
    const io = fakeIo();
    await createOutput(io, { format: 'table', now: () => NOW }).one(EVENTS, event('/a'));
    expect(io.stdout.text).toContain('timestamp    2025-06-01T11:59:00Z\n');
  });

  it('is a line for each field, uncut, times in both ways', async () => {
    const io = fakeIo({ tty: true, columns: 20, env: { NO_COLOR: '1' } });
    const output = createOutput(io, { format: 'table', now: () => NOW });
    await output.one(EVENTS, event('/a/path/of/some/length', { problem: 'old spelling' }));
    expect(io.stdout.text.split('\n')).toEqual([
      'timestamp    2025-06-01 09:29:00 UTC-2:30 (1m ago)',
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

  it('keeps its columns in place on a terminal when a longer address comes, and cuts none', async () => {
    const TAIL: readonly Column<Event>[] = [
      { name: 'timestamp', kind: 'event_time' },
      { name: 'ip', kind: 'text', role: 'identifier' },
      { name: 'path', kind: 'text' },
    ];
    async function* rows() {
      yield event('/a');
      yield event('/b', { ip: '2001:db8:85a3:8d3:1319:8a2e:370:7348' });
      yield event('/c', { problem: 'odd' });
      yield event(`/${'long'.repeat(20)}`);
    }
    const io = fakeIo({ ...plain, columns: 60 });
    await createOutput(io, { format: 'table', now: () => NOW }).stream(TAIL, rows());
    expect(io.stdout.text.split('\n')).toEqual([
      'TIMESTAMP (UTC-2:30)  IP               PATH',
      '2025-06-01 09:29:00   203.0.113.9      /a',
      '2025-06-01 09:29:00   2001:db8:85a3:8d3:1319:8a2e:370:7348',
      '                                       /b',
      '2025-06-01 09:29:00   203.0.113.9      /c',
      '  problem: odd',
      '2025-06-01 09:29:00   203.0.113.9      /longlonglonglonglon…',
      '',
    ]);
  });

  it('says at once which columns do not fit, for it may have no end', async () => {
    const SECONDARY: readonly Column<Event>[] = [
      { name: 'ip', kind: 'text', role: 'identifier' },
      { name: 'path', kind: 'text', role: 'secondary' },
    ];
    const io = fakeIo({ ...plain, columns: 20 });
    const said: string[] = [];
    async function* rows() {
      yield event('/a');
      said.push(io.stderr.text);
      yield event('/b');
      said.push(io.stderr.text);
    }
    await createOutput(io, { format: 'table', now: () => NOW }).stream(SECONDARY, rows());
    const note = '1 column does not fit: path. Widen the window, or use -o json.\n';
    expect(said).toEqual([note, note]);
  });
});
