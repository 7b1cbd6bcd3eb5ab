import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { machineRow } from '../../src/output/cell.ts';
import type { Column, Shown } from '../../src/output/columns.ts';
import type { Format } from '../../src/output/format.ts';
import { createOutput } from '../../src/output/output.ts';
import { type FakeIoOptions, fakeIo } from '../io.ts';
import { COLUMNS, HOSTILE, NOW, ROW, type Row } from './rows.ts';

async function listed<R extends object>(
  format: Format,
  columns: readonly Column<R>[],
  rows: Iterable<object>,
  options?: FakeIoOptions,
): Promise<string> {
  const io = fakeIo(options);
  await createOutput(io, { format, now: () => NOW }).list(columns, rows as Iterable<R>);
  return io.stdout.text;
}

async function oneOf(format: Format, row: Shown<Row>): Promise<string> {
  const io = fakeIo();
  await createOutput(io, { format, now: () => NOW }).one(COLUMNS, row);
  return io.stdout.text;
}

const stored = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(...HOSTILE, '"', ',', '\r', '\n', '\r\n', '', ' '),
  fc.jsonValue({ stringUnit: 'binary' }),
);
const anyRow = fc.record(Object.fromEntries(COLUMNS.map(({ name }) => [name, stored])));

describe('json', () => {
  it('is an array with a row on each line', async () => {
    const columns: Column<{ ip: string; reset_at: number }>[] = [
      { name: 'ip', kind: 'text' },
      { name: 'reset_at', kind: 'time' },
    ];
    const rows = [{ ip: '203.0.113.9', reset_at: NOW }, { ip: '2001:db8::7' }];
    expect(await listed('json', columns, rows)).toBe(
      [
        '[',
        '{"ip":"203.0.113.9","reset_at":"2025-06-01T12:00:00.000Z"},',
        '{"ip":"2001:db8::7","reset_at":null}',
        ']',
        '',
      ].join('\n'),
    );
  });

  it('is [] where there is nothing', async () => {
    expect(await listed('json', COLUMNS, [])).toBe('[]\n');
  });

  it('is an object for one thing', async () => {
    expect(JSON.parse(await oneOf('json', ROW))).toEqual(machineRow(COLUMNS, ROW));
  });

  it('loses nothing of any row, however many', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyRow), async (rows) => {
        const expected = JSON.stringify(rows.map((row) => machineRow(COLUMNS, row)));
        expect(JSON.stringify(JSON.parse(await listed('json', COLUMNS, rows)))).toBe(expected);
      }),
    );
    const many = Array.from({ length: 2500 }, (_, i) => ({ ...ROW, count: i }));
    const counts = JSON.parse(await listed('json', COLUMNS, many)).map((row: Row) => row.count);
    expect(counts).toEqual(many.map(({ count }) => count));
  });

  it('still parses where the rows break off', async () => {
    const io = fakeIo();
    async function* rows() {
      for (let i = 0; i < 1500; i += 1) yield ROW;
      throw new Error('the API died');
    }
    const output = createOutput(io, { format: 'json', now: () => NOW });
    await expect(output.list(COLUMNS, rows())).rejects.toThrow('the API died');
    expect(JSON.parse(io.stdout.text)).toHaveLength(1000);
  });

  it('leaves stdout empty where the first row fails', async () => {
    const io = fakeIo();
    // biome-ignore lint/correctness/useYield: it fails before it can.
    async function* rows(): AsyncGenerator<Row> {
      throw new Error('no such namespace');
    }
    const output = createOutput(io, { format: 'json', now: () => NOW });
    await expect(output.list(COLUMNS, rows())).rejects.toThrow('no such namespace');
    expect(io.stdout.text).toBe('');
  });
});

describe('ndjson', () => {
  it('is a line for each row, and none where there is none', async () => {
    const lines = (await listed('ndjson', COLUMNS, [ROW, ROW])).split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      machineRow(COLUMNS, ROW),
      machineRow(COLUMNS, ROW),
    ]);
    expect(await listed('ndjson', COLUMNS, [])).toBe('');
  });

  it('is a single line for one thing, whatever is in it', async () => {
    const text = await oneOf('ndjson', { ...ROW, ip: 'a\nb\u2028c' });
    expect(text.match(/[\n\u2028]/g)).toEqual(['\n']);
    expect(JSON.parse(text).ip).toBe('a\nb\u2028c');
  });
});

describe('csv', () => {
  const one: Column<{ value: string }>[] = [{ name: 'value', kind: 'text' }];
  const cellOf = async (value: unknown) => {
    const [, record] = parse(await listed('csv', one, [{ value }])) as string[][];
    return record?.[0];
  };

  it('has its header even when empty', async () => {
    const header = `${COLUMNS.map(({ name }) => name).join(',')}\n`;
    expect(await listed('csv', COLUMNS, [])).toBe(header);
  });

  it('writes each kind as scripts read it', async () => {
    expect(await oneOf('csv', { ...ROW, share: null })).toBe(
      [
        'timestamp,ip,count,share,size,idle,duration_ms,blocked,handle,extra,expires_at',
        '2025-06-01T11:57:00.000Z,2001:db8::7,17,,1234,7380,12,true,s_0123456789,"{""a"":[1]}",2025-06-01T12:00:42.000Z',
        '',
      ].join('\n'),
    );
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '\nx', '\0', '\x9bx', '＝1'])(
    'guards %j against spreadsheets',
    async (value) => expect(await cellOf(value)).toBe(`'${value}`),
  );

  it.each([-1, 0, 1.5, -1e21])('leaves the number %s a number', async (value) => {
    expect(await cellOf(value)).toBe(String(value));
  });

  it('has one header over many batches', async () => {
    const rows = Array.from({ length: 2500 }, (_, value) => ({ value }));
    const records = parse(await listed('csv', one, rows)) as string[][];
    expect(records).toEqual([['value'], ...rows.map(({ value }) => [String(value)])]);
  });

  it('parses back to what was stored, but for the guard', async () => {
    const text = (value: unknown) => {
      if (value === null || value === undefined) return '';
      // UTF-8 has no lone surrogates, and CSV no escapes for them.
      return typeof value === 'object' ? JSON.stringify(value) : Buffer.from(`${value}`).toString();
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyRow),
        fc.integer({ min: 1, max: COLUMNS.length }),
        async (rows, width) => {
          const columns = COLUMNS.slice(0, width);
          const [header, ...records] = parse(await listed('csv', columns, rows)) as string[][];
          expect(header).toEqual(columns.map(({ name }) => name));
          const unguarded = records.map((record, i) =>
            record.map((cell, j) => {
              const value = machineRow(columns, rows[i] ?? {})[columns[j]?.name ?? ''];
              if (value !== null && typeof value === 'object') return text(JSON.parse(cell));
              return cell === `'${text(value)}` ? cell.slice(1) : cell;
            }),
          );
          const stored = rows.map((row) => Object.values(machineRow(columns, row)).map(text));
          expect(unguarded).toEqual(stored);
        },
      ),
    );
  });

  it('is raw in a pipe and safe to look at on a terminal', async () => {
    const rows = [{ value: 'a\x1b[2Jb' }];
    expect(await listed('csv', one, rows)).toBe('value\na\x1b[2Jb\n');
    expect(await listed('csv', one, rows, { tty: true })).toBe('value\na\\x1b[2Jb\n');
  });
});
