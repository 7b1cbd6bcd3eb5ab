import { describe, expect, it } from 'vitest';
import type { GoblinError } from '../../src/contract/errors.ts';
import { FORMATS, parseFormat } from '../../src/output/format.ts';
import { createOutput } from '../../src/output/output.ts';
import { fakeIo } from '../io.ts';
import { COLUMNS, NOW, ROW } from './rows.ts';

const now = () => NOW;

describe('parseFormat', () => {
  it('takes the four formats of the contract', () => {
    expect(FORMATS).toEqual(['table', 'json', 'ndjson', 'csv']);
    expect(FORMATS.map(parseFormat)).toEqual(FORMATS);
  });

  it.each(['jsn', 'JSON', 'toString', ''])('refuses "%s" as a usage error', (text) => {
    expect(() => parseFormat(text)).toThrow(
      expect.objectContaining({ outcome: 'usage', code: 'bad_format' }) as GoblinError,
    );
  });

  it('names the nearest one', () => {
    expect(() => parseFormat('jsn')).toThrow(
      expect.objectContaining({
        hint: 'Did you mean json? Known: table, json, ndjson, csv.',
      }) as GoblinError,
    );
  });
});

describe('an empty list', () => {
  it('says what to do on stderr, and nothing on stdout, as a table', async () => {
    const io = fakeIo();
    const options = { empty: 'no sessions; try --all' };
    expect(await createOutput(io, { format: 'table', now }).list(COLUMNS, [], options)).toBe(0);
    expect([io.stdout.text, io.stderr.text]).toEqual(['', 'no sessions; try --all\n']);
  });

  it.each(['json', 'ndjson', 'csv'] as const)('says nothing beside its %s', async (format) => {
    const io = fakeIo();
    await createOutput(io, { format, now }).list(COLUMNS, [], { empty: 'nothing' });
    expect(io.stderr.text).toBe('');
  });
});

describe.each(FORMATS)('%s', (format) => {
  it('stops asking for rows once the reader of stdout has left', async () => {
    const io = fakeIo();
    let asked = 0;
    let ended = false;
    async function* endless() {
      try {
        for (;;) {
          asked += 1;
          if (asked === 2500) io.closeStdout();
          yield ROW;
        }
      } finally {
        ended = true;
      }
    }
    await createOutput(io, { format, now }).list(COLUMNS, endless());
    expect([asked, ended]).toEqual([2500, true]);
  });

  it('writes each row of a stream when it comes', async () => {
    const io = fakeIo();
    const seen: number[] = [];
    async function* rows() {
      for (let i = 0; i < 3; i += 1) {
        yield { ...ROW, ip: `203.0.113.${i}` };
        seen.push(io.stdout.text.split('203.0.113.').length - 1);
      }
    }
    expect(await createOutput(io, { format, now }).stream(COLUMNS, rows())).toBe(3);
    expect(seen).toEqual([1, 2, 3]);
  });
});

describe('raw', () => {
  const bytes = Uint8Array.of(0, 0x1b, 0xff, 0x0a, 0x41);

  it('gives every byte as it is to a pipe, in any format', async () => {
    for (const format of FORMATS) {
      const io = fakeIo();
      await createOutput(io, { format, now }).raw(bytes);
      expect([...io.stdout.bytes]).toEqual([...bytes]);
    }
  });

  it('gives a terminal text without controls, on lines of its own', async () => {
    const io = fakeIo({ tty: true });
    await createOutput(io, { format: 'table', now }).raw(bytes);
    expect(io.stdout.text).toBe('\\x00\\x1b\ufffd\nA\n');
  });
});
