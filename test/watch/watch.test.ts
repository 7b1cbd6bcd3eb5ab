/** `--watch` at the line the user types, over a store that changes between two refreshes. */
import { beforeEach, describe, expect, it } from 'vitest';
import { MEMORY_ENV, memoryApi } from '../memory-api.ts';
import { type Ran, type RunOptions, run } from '../run.ts';

const NOW = Date.parse('2026-03-14T15:09:26Z');
const ALT = { enter: '\x1b[?1049h', leave: '\x1b[?1049l' };

function bucket(ip: string, count: number) {
  const metadata = { count, reset_at: NOW + 59_000 };
  return { key: `ratelimit:${ip}`, value: String(count), metadata, expiration: NOW / 1000 + 90 };
}

const BEFORE = [bucket('203.0.113.9', 40), bucket('198.51.100.4', 57)];

type Api = ReturnType<typeof memoryApi>;
let api: Api;
let time: number;
beforeEach(() => {
  api = memoryApi(BEFORE);
  time = NOW;
});

const bulk = (method: string, body: unknown) => {
  const url = `${MEMORY_ENV.CLOUDFLARE_API_BASE_URL}/accounts/a/storage/kv/namespaces/n/bulk`;
  return api.fetch(`${url}${method === 'POST' ? '/delete' : ''}`, {
    method,
    body: JSON.stringify(body),
  });
};
const store = (ip: string, count: number) => bulk('PUT', [bucket(ip, count)]);
const remove = (ip: string) => bulk('POST', [`ratelimit:${ip}`]);

/** Runs a line; each pause is one of `steps`, and Ctrl-C follows the last. */
async function watched(
  line: string,
  steps: readonly (() => unknown)[] = [],
  options: Partial<RunOptions> = {},
): Promise<Ran & { pauses: number[] }> {
  const stop = new AbortController();
  const pauses: number[] = [];
  const left = [...steps];
  const ran = await run(`${line} --namespace-id ${'ab'.repeat(16)}`, {
    tty: true,
    columns: 140,
    rows: 24,
    env: { ...MEMORY_ENV, NO_COLOR: '1', TERM: 'xterm' },
    fetch: (url, init) => api.fetch(url, init),
    now: () => time,
    signal: stop.signal,
    async onSleep(ms) {
      pauses.push(ms);
      time += ms;
      const step = left.shift();
      if (step) await step();
      else stop.abort();
    },
    ...options,
  });
  return { ...ran, pauses };
}

/** The frames that were drawn, as lines without cursor movements. */
const framesOf = ({ stdout }: Ran): string[][] =>
  stdout
    .slice(0, stdout.indexOf(ALT.leave))
    .split('\x1b[H')
    .slice(1)
    .map((frame) => frame.replace(/\x1b\[[\d;?]*[A-Za-z]/g, '').split('\n'));

const lastFrame = (ran: Ran) => framesOf(ran).at(-1) ?? [];
const rowsOf = (frame: string[]) =>
  frame.filter((line) => /\d\.\d+\.\d+\.\d/.test(line) && !line.startsWith('every'));

describe('on a terminal', () => {
  it('marks what is new, what has changed, and names what is gone', async () => {
    const ran = await watched('ratelimit list --watch', [
      async () => {
        await store('203.0.113.9', 41);
        await store('192.0.2.1', 3);
        await remove('198.51.100.4');
      },
    ]);
    const frames = framesOf(ran).map((frame) =>
      rowsOf(frame).map((line) => line.slice(0, 24).trimEnd()),
    );
    expect(frames[1]?.sort()).toEqual(['   198.51.100.4     57', '   203.0.113.9      40']);
    expect(
      frames
        .at(-1)
        ?.map((line) => line.replace(/ {2,}\d+$/, ''))
        .sort(),
    ).toEqual(['+  192.0.2.1', '~  203.0.113.9']);
    expect(lastFrame(ran).at(-1)).toMatch(
      /^every 5s · 15:09:31 UTC · 1 new, 1 changed, 1 gone \(198\.51\.100\.4\)$/,
    );
  });

  it('forgets a mark at the next refresh', async () => {
    const ran = await watched('ratelimit list --watch', [() => store('192.0.2.1', 3), () => {}]);
    expect(
      framesOf(ran)
        .flat()
        .some((line) => line.startsWith('+  192.0.2.1')),
    ).toBe(true);
    expect(rowsOf(lastFrame(ran)).filter((line) => /^[+~]/.test(line))).toEqual([]);
    expect(lastFrame(ran).at(-1)).toContain('nothing has changed');
  });

  it('reverses the values that changed where there is colour', async () => {
    const ran = await watched('ratelimit list --watch', [() => store('203.0.113.9', 41)], {
      env: { ...MEMORY_ENV, TERM: 'xterm' },
    });
    expect(ran.stdout).toContain('\x1b[7m41\x1b[27m');
    expect(ran.stdout).not.toContain('\x1b[7m203.0.113.9');
  });

  it('names the target and what it costs', async () => {
    const ran = await watched('ratelimit list --watch 10s', [() => {}]);
    const frame = lastFrame(ran);
    expect(frame[0]).toMatch(/^remote · account/);
    expect(frame.at(-2)).toBe(
      "1 request, 1 list a refresh · 2 requests so far · 3% of the rate limit · the free plan's lists of a day last 2h 46m",
    );
    expect(ran.pauses).toEqual([10_000, 10_000]);
  });

  it('keeps the rows when a refresh fails, says so, and goes on', async () => {
    let broken = false;
    const refusing = async (url: string, init: RequestInit) =>
      broken
        ? Response.json(
            { success: false, errors: [{ code: 10_000, message: 'Authentication error' }] },
            { status: 403 },
          )
        : api.fetch(url, init);
    const failing = () => {
      broken = true;
    };
    const ran = await watched('ratelimit list --watch', [failing], { fetch: refusing });
    expect(rowsOf(lastFrame(ran))).toHaveLength(2);
    expect(lastFrame(ran).at(-1)).toMatch(
      /^refresh failed at 15:09:31 UTC: .* · rows of 15:09:26 UTC · next try in 5s$/,
    );
    broken = false;
    const mended = await watched('ratelimit list --watch', [failing, () => (broken = false)], {
      fetch: refusing,
    });
    expect(lastFrame(mended).at(-1)).toContain('nothing has changed');
  });

  it('ends with the error of the first reading, on the screen that was there before', async () => {
    const ran = await watched('ratelimit list --watch', [], {
      fetch: async () =>
        Response.json(
          { success: false, errors: [{ code: 10_013, message: 'namespace not found' }] },
          { status: 404 },
        ),
    });
    expect(ran.code).toBe(3);
    expect(ran.stdout.endsWith(ALT.leave)).toBe(true);
    expect(ran.stderr).toContain('goblin: ');
  });

  it('leaves the last rows behind on Ctrl-C, and the terminal as it was', async () => {
    const ran = await watched('ratelimit list --watch');
    expect(ran.code).toBe(130);
    expect(ran.stdout.startsWith(ALT.enter)).toBe(true);
    const after = ran.stdout.slice(ran.stdout.indexOf(ALT.leave));
    expect(after).toContain('203.0.113.9');
    expect(ran.stdout).toContain('\x1b[?25h');
    expect(ran.stderr).toContain('stopped after 1 refresh');
  });

  it('cuts a list that is higher than the screen', async () => {
    for (let i = 0; i < 50; i++) await store(`192.0.2.${i}`, 1);
    const ran = await watched('ratelimit list --watch', [], { rows: 12 });
    const frame = lastFrame(ran);
    expect(frame).toHaveLength(12);
    expect(frame[1]).toMatch(/IP +COUNT/);
    expect(frame.at(-3)).toMatch(/^… and 45 more below$/);
  });

  it('shows the end of a list in order of time', async () => {
    for (let i = 0; i < 50; i++) {
      api.records.set(`security:${NOW - i * 1000}:192.0.2.${i}`, {
        value: '{}',
        metadata: { event_type: 'rate_limited', reason: 'r' },
        expiration: NOW / 1000 + 900,
      });
    }
    const ran = await watched('security list --watch', [], { rows: 12 });
    expect(lastFrame(ran)).toContain('… 43 more above');
    expect(rowsOf(lastFrame(ran)).at(-1)).toContain('192.0.2.0');
  });
});

describe('in a pipe', () => {
  it('writes a snapshot a line with -o ndjson', async () => {
    const ran = await watched(
      'ratelimit list --watch 2s -o ndjson --fields ip,count',
      [() => store('203.0.113.9', 41)],
      {
        tty: false,
      },
    );
    expect(
      ran.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      {
        at: '2026-03-14T15:09:26.000Z',
        requests: 1,
        rows: expect.arrayContaining([
          { ip: '203.0.113.9', count: 40 },
          { ip: '198.51.100.4', count: 57 },
        ]),
      },
      {
        at: '2026-03-14T15:09:28.000Z',
        requests: 1,
        rows: expect.arrayContaining([{ ip: '203.0.113.9', count: 41 }]),
      },
    ]);
    expect(ran.code).toBe(130);
  });

  it.each([
    ['ratelimit list --watch', false, 'bad_watch'],
    ['ratelimit list --watch --json', true, 'bad_watch'],
    ['ratelimit list --watch -o csv', true, 'bad_watch'],
    ['ratelimit list --watch 200ms', true, 'bad_interval'],
    ['security list --watch --exit-code', true, 'bad_watch'],
    ['kv list --watch cache:', true, 'bad_duration'],
  ])('%s is exit 2 (on a terminal: %s)', async (line, tty, code) => {
    const { code: exit, stderr, stdout } = await watched(line, [], { tty });
    expect([exit, stdout]).toEqual([2, '']);
    if (line.endsWith('--json')) expect(JSON.parse(stderr).error.code).toBe(code);
    else expect(stderr).toMatch(/Use -o ndjson|makes requests|Leave one|goes before --watch/);
  });
});

it.each(['flags list', 'sessions list', 'kv list', 'events top', 'security stats', 'shards'])(
  '%s can be watched',
  async (line) => {
    const { code, stdout } = await watched(`${line} --watch -o ndjson`, [], { tty: false });
    expect([code, JSON.parse(stdout).requests > 0]).toEqual([130, true]);
  },
);
