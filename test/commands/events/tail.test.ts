import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { useEngine } from '../../engine.ts';
import { type Ran, type RunOptions, run } from '../../run.ts';
import { seed } from '../../seed.ts';

const START = Date.UTC(2026, 2, 14, 15, 9, 26, 535);

const engine = useEngine();
let clock: number;
let written: string[] = [];
beforeEach(async () => {
  const body = JSON.stringify(written);
  if (written.length > 0) await engine.kv('/bulk/delete', { method: 'POST', body });
  written = [];
  clock = START;
});

/** Writes a security event that happened `seconds` before the clock, with the metadata of today. */
async function event(seconds: number, ip: string): Promise<void> {
  const fields = { event_type: 'rate_limited', reason: 'x' };
  const key = `security:${clock - seconds * 1000}:${ip}`;
  written.push(key);
  await seed(engine, [{ key, value: fields, metadata: fields }]);
}

/** Runs a line on a clock that only sleep moves; `during[i]` happens in the i-th sleep. */
async function goblin(line: string, during: (() => unknown)[] = [], options: RunOptions = {}) {
  const sleeps: number[] = [];
  const ran = await run(line, {
    engine,
    now: () => clock,
    onSleep: async (ms) => {
      clock += ms;
      sleeps.push(ms);
      await during[sleeps.length - 1]?.();
    },
    ...options,
  });
  return { ...ran, sleeps };
}

const ips = (stdout: string) => stdout.trim().split('\n').slice(1);

describe('tail', () => {
  it('shows the last 10 minutes in a pipe, and ends', async () => {
    await event(700, '192.0.2.1');
    await event(500, '192.0.2.2');
    await event(1, '192.0.2.3');
    const { code, stdout, sleeps } = await goblin('security tail -o csv --fields ip');
    expect({ code, sleeps }).toEqual({ code: 0, sleeps: [] });
    expect(ips(stdout)).toEqual(['192.0.2.2', '192.0.2.3']);
  });

  it('shows what comes once, late and early ones too, and looks less often while nothing comes', async () => {
    await event(5, '192.0.2.1');
    const during: (() => unknown)[] = [];
    during[0] = () => event(1, '192.0.2.2');
    during[2] = async () => {
      await event(0, '192.0.2.4');
      await event(100, '192.0.2.3');
      await event(-30, '192.0.2.5');
    };
    const { code, stdout, sleeps } = await goblin(
      'security tail -f --timeout 3m -o csv --fields ip',
      during,
    );
    expect(code).toBe(0);
    expect(ips(stdout)).toEqual([1, 2, 3, 4, 5].map((i) => `192.0.2.${i}`));
    expect(sleeps.slice(0, 5)).toEqual([2000, 2000, 3000, 2000, 3000]);
    expect(Math.max(...sleeps)).toBe(30_000);
    expect(clock - START).toBe(180_000);
  });

  it('begins with the newest n and leaves the ones before them out', async () => {
    for (const i of [1, 2, 3, 4]) await event(50 - i, `192.0.2.${i}`);
    const during = [() => event(0, '192.0.2.5')];
    const line = 'security tail -f -n 2 --timeout 9s -o csv --fields ip';
    expect(ips((await goblin(line, during)).stdout)).toEqual([3, 4, 5].map((i) => `192.0.2.${i}`));
  });

  it('ends after --max, and is exit 8 with --exit-code', async () => {
    const during = [() => event(0, '192.0.2.1'), () => event(0, '192.0.2.2')];
    const { code, stdout } = await goblin('security tail -f --max 1 --exit-code --json', during);
    expect(code).toBe(8);
    expect(JSON.parse(stdout)).toMatchObject([{ ip: '192.0.2.1' }]);
  });

  it('keeps to its filters', async () => {
    const during = [() => event(0, '192.0.2.1'), () => event(0, '198.51.100.1')];
    const line = 'events tail -f --ip 198.51.100.0/24 --timeout 20s -o ndjson';
    expect((await goblin(line, during)).stdout.trim().split('\n')).toHaveLength(1);
  });

  it('rides out a dropped network and loses nothing', async () => {
    let down = false;
    const during: (() => unknown)[] = [];
    during[0] = () => {
      down = true;
    };
    during[9] = () => event(200, '192.0.2.1');
    during[20] = () => {
      down = false;
    };
    const { code, stdout, stderr } = await goblin(
      'security tail -f --max 1 -o csv --fields ip',
      during,
      {
        fetch: async (url, init) => {
          if (down) throw new TypeError('fetch failed', { cause: { code: 'ENETUNREACH' } });
          return fetch(url, init);
        },
      },
    );
    expect({ code, ips: ips(stdout) }).toEqual({ code: 0, ips: ['192.0.2.1'] });
    expect(stderr.match(/trying again until it answers/g)).toHaveLength(1);
    expect(stderr).toMatch(/it answers again after \d+ s/);
  });

  it('ends at once where trying again would not help', async () => {
    const fetch401 = async () =>
      Response.json({ success: false, errors: [{ code: 10000, message: 'no' }] }, { status: 401 });
    const answers = [fetch, fetch401];
    let asked = 0;
    const { code, sleeps } = await goblin('security tail -f', [], {
      fetch: (url, init) => (answers[Math.min(1, Math.floor(asked++ / 3))] ?? fetch)(url, init),
    });
    expect({ code, sleeps }).toEqual({ code: 4, sleeps: [2000] });
  });

  it('is exit 130 on Ctrl-C and tells how to go on', async () => {
    await event(5, '192.0.2.1');
    const ctrlC = new AbortController();
    const { code, stderr } = await goblin('security tail -f -o csv', [() => ctrlC.abort()], {
      signal: ctrlC.signal,
    });
    expect(code).toBe(130);
    expect(stderr).toContain('stopped after 1 security event');
    expect(stderr).toContain('`goblin security tail --since 2026-03-14T15:09:21.535Z`');
  });

  it('follows by itself on a terminal, and says there what it costs', async () => {
    const { stderr, sleeps } = await goblin('events tail --timeout 5s', [], {
      tty: true,
      columns: 120,
    });
    expect(sleeps).toEqual([2000, 3000]);
    expect(stderr).toContain(
      'following events · looked at 15:09:26 UTC · next in 2s · 4 lists so far, 172,800 a day at this pace',
    );
    const quiet = await goblin('events tail --no-follow', [], { tty: true });
    expect(quiet.sleeps).toEqual([]);
  });
});

it('lets other local commands use its engine while it follows', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'goblin-tail-'));
  const where = `--local --config ${resolve('worker/wrangler.toml')} --persist-to ${join(folder, 'state')}`;
  const ctrlC = new AbortController();
  let other: Ran | undefined;
  const tail = await run(`security tail --follow ${where}`, {
    signal: ctrlC.signal,
    onSleep: async () => {
      other = await run(`flags list ${where}`);
      ctrlC.abort();
    },
  });
  expect([other?.code, tail.code]).toEqual([0, 130]);
  await rm(folder, { recursive: true });
});
