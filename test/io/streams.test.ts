import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { sinkOf } from '../../src/io/streams.ts';

const failing = (code: string) =>
  new Writable({
    write(_chunk, _encoding, done) {
      done(Object.assign(new Error(code), { code }));
    },
  });

describe('sinkOf', () => {
  it('drops what is written after the reader has left, and says so', async () => {
    let closed = 0;
    const sink = sinkOf(failing('EPIPE'), () => {
      closed += 1;
    });
    await sink.write('first');
    await sink.write('second');
    expect(closed).toBeGreaterThan(0);
  });

  it('hands on any other failure, such as a full disk', async () => {
    await expect(sinkOf(failing('ENOSPC')).write('x')).rejects.toThrow('ENOSPC');
  });

  it('waits for a slow reader', async () => {
    const release: (() => void)[] = [];
    const slow = new Writable({ write: (_chunk, _encoding, done) => void release.push(done) });
    let written = false;
    const write = sinkOf(slow)
      .write('x')
      .then(() => {
        written = true;
      });
    await Promise.resolve();
    expect(written).toBe(false);
    release[0]?.();
    await write;
    expect(written).toBe(true);
  });

  it('is no terminal and has no width unless its stream says so', () => {
    const plain = sinkOf(new Writable());
    expect([plain.isTTY, plain.columns]).toEqual([false, undefined]);
    const terminal = sinkOf(Object.assign(new Writable(), { isTTY: true, columns: 120 }));
    expect([terminal.isTTY, terminal.columns]).toEqual([true, 120]);
  });
});
