/** What a run says while it waits: on a terminal from half a second on, in a build log every 10 s. */
import { describe, expect, it } from 'vitest';
import { createLog } from '../../src/output/log.ts';
import { fakeIo } from '../io.ts';
import { MEMORY_ENV, memoryApi } from '../memory-api.ts';
import { run } from '../run.ts';

const ERASE = '\r\x1b[K';

/** A log with deadlines that come when a test says so. */
function logOf(tty: boolean) {
  const io = fakeIo({ tty });
  const deadlines: { ms: number; end: AbortController }[] = [];
  let time = 0;
  const log = createLog(io, {
    now: () => time,
    deadline(ms) {
      const end = new AbortController();
      deadlines.push({ ms, end });
      return end.signal;
    },
  });
  const pass = async (ms: number) => {
    time += ms;
    for (const { end } of deadlines.splice(0)) end.abort();
    // The module that measures text is loaded for the first line.
    await log.note('');
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  };
  return { io, log, deadlines, pass, said: () => io.stderr.text };
}

describe('on a terminal', () => {
  it('is silent for half a second, then says what goes on until it ends', async () => {
    const { log, deadlines, pass, said } = logOf(true);
    const end = log.waiting('listing keys');
    expect([said(), deadlines.map(({ ms }) => ms)]).toEqual(['', [500]]);
    await pass(500);
    expect(said()).toContain(`${ERASE}listing keys …`);
    await end();
    expect(said().endsWith(ERASE)).toBe(true);
  });

  it('says nothing of what has ended by then', async () => {
    const { log, pass, said } = logOf(true);
    await log.waiting('listing keys')();
    await pass(500);
    expect(said()).not.toContain('listing');
  });

  it('counts many short requests as one wait', async () => {
    const { log, pass, said } = logOf(true);
    await log.waiting('listing keys')();
    await pass(600);
    const end = log.waiting('listing keys');
    await pass(0);
    expect(said()).toContain('listing keys · request 2 …');
    await end();
  });

  it('leaves a progress alone, which says more', async () => {
    const { log, pass, said } = logOf(true);
    const progress = log.progress('imported', 10);
    await pass(200);
    await progress.update(5);
    const end = log.waiting('writing keys');
    await pass(1000);
    await end();
    expect(said()).not.toContain('writing keys');
    expect(said().slice(said().lastIndexOf('imported'))).not.toContain(ERASE);
    await progress.end();
  });
});

it('tells a build log every 10 s', async () => {
  const { log, pass, said } = logOf(false);
  for (let second = 0; second < 25; second += 5) {
    await log.waiting('reading values')();
    await pass(5000);
  }
  expect(said().split('\n').filter(Boolean)).toEqual([
    'reading values · request 3, for 10 s',
    'reading values · request 5, for 20 s',
  ]);
});

it('is off the terminal before a list is written, and names no key', async () => {
  const secret = 'session:tokenA';
  const { fetch } = memoryApi([{ key: secret, value: { user_id: 'u' } }]);
  const ends = new Set<AbortController>();
  const { stderr, stdout, code } = await run(`kv get ${secret} --namespace-id ${'ab'.repeat(16)}`, {
    tty: true,
    env: MEMORY_ENV,
    deadline() {
      const end = new AbortController();
      ends.add(end);
      return end.signal;
    },
    async fetch(url, init) {
      for (const end of ends) end.abort();
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
      return fetch(url, init);
    },
  });
  expect([code, stdout]).toEqual([0, expect.stringContaining('user_id')]);
  expect(stderr).toMatch(/reading a value/);
  expect(stderr.endsWith(ERASE)).toBe(true);
  expect(stderr).not.toContain('tokenA');
});
