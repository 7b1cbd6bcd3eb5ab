import { describe, expect, it } from 'vitest';
import { createLog } from '../../src/output/log.ts';
import { type FakeIoOptions, fakeIo } from '../io.ts';

function logAt(options: FakeIoOptions) {
  const io = fakeIo(options);
  const clock = { ms: 0 };
  return { io, clock, log: createLog(io, { now: () => clock.ms }) };
}

describe('notes', () => {
  it('are lines on stderr, with nothing of stored text let through', async () => {
    const { io, log } = logAt({});
    await log.note('target\x1b[2J');
    await log.warn('two\nlines');
    expect(io.stdout.text).toBe('');
    expect(io.stderr.text).toBe('target\\x1b[2J\nwarning: two\\nlines\n');
  });
});

describe('the standing line', () => {
  it('stays below what is told, until it is taken away', async () => {
    const { io, log } = logAt({ tty: true });
    await log.standing('following');
    await log.note('news');
    await log.standing('');
    const erase = '\r\x1b[K';
    expect(io.stderr.text).toBe(`${erase}following${erase}news\nfollowing${erase}`);
  });

  it('is not for a pipe', async () => {
    const { io, log } = logAt({});
    await log.standing('following');
    expect(io.stderr.text).toBe('');
  });
});

describe('progress', () => {
  it('is a line every ten seconds in a pipe', async () => {
    const { io, clock, log } = logAt({});
    const progress = log.progress('purging', 10_000);
    for (const second of [1, 9, 10, 15, 20]) {
      clock.ms = second * 1000;
      await progress.update(second * 125);
    }
    await progress.end();
    expect(io.stderr.text).toBe(
      'purging 1,250 of 10,000 (12%), 125/s, 1m 10s left\n' +
        'purging 2,500 of 10,000 (25%), 125/s, 1m left\n',
    );
  });

  it('is one line on a terminal, gone at the end', async () => {
    const { io, clock, log } = logAt({ tty: true });
    const progress = log.progress('reading');
    await progress.update(1);
    clock.ms = 500;
    await progress.update(20);
    clock.ms = 2000;
    await progress.update(5);
    await progress.end();
    await progress.end();
    expect(io.stderr.text).toBe('\r\x1b[Kreading 20\r\x1b[Kreading 5, 2.5/s\r\x1b[K');
  });

  it('makes way for a note and comes back after it', async () => {
    const { io, clock, log } = logAt({ tty: true });
    const progress = log.progress('purging', 10);
    clock.ms = 200;
    await progress.update(5);
    await log.note('waiting 3 s');
    expect(io.stderr.chunks).toEqual([
      '\r\x1b[Kpurging 5 of 10 (50%)',
      '\r\x1b[Kwaiting 3 s\npurging 5 of 10 (50%)',
    ]);
  });

  it('fits a narrow terminal', async () => {
    const { io, clock, log } = logAt({ tty: true, columns: 12 });
    clock.ms = 0;
    const progress = log.progress('purging', 10);
    clock.ms = 200;
    await progress.update(5);
    expect(io.stderr.text).toBe('\r\x1b[Kpurging 5 …');
  });
});
