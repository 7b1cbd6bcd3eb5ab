/** `--time`, `--fields` and colours, at the line the operator types. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MEMORY_ENV, memoryApi } from '../memory-api.ts';
import { type RunOptions, run } from '../run.ts';

const NOW = Date.parse('2026-03-14T15:09:26Z');
const AT = NOW - 4 * 3_600_000;

const { TZ } = process.env;
beforeAll(() => {
  process.env.TZ = 'Asia/Kolkata';
});
afterAll(() => {
  if (TZ === undefined) delete process.env.TZ;
  else process.env.TZ = TZ;
});

function security(ip: string, event_type: string) {
  return { key: `security:${AT}:${ip}`, metadata: { event_type, reason: 'x' } };
}

const { fetch } = memoryApi([
  security('203.0.113.9', 'rate_limited'),
  security('203.0.113.10', 'session_invalid'),
  {
    key: `analytics:${AT}:203.0.113.9`,
    metadata: { method: 'GET', path: '/', event_type: 'backend_error', duration_ms: 2 },
  },
  {
    key: `analytics:${AT}:203.0.113.11`,
    metadata: { method: 'GET', path: '/', event_type: 'cache_hit', duration_ms: 2 },
  },
  {
    key: 'ratelimit:203.0.113.9',
    value: '100',
    metadata: { count: 100, reset_at: NOW + 30_000 },
    expiration: Math.ceil(NOW / 1000) + 60,
  },
]);

async function goblin(line: string, { env = {}, ...options }: RunOptions = {}) {
  const around = { fetch, now: NOW, ...options, env: { ...MEMORY_ENV, ...env } };
  return run(`${line} --namespace-id ${'ab'.repeat(16)}`, around);
}

describe('times', () => {
  const onScreen = { tty: true, columns: 100, env: { NO_COLOR: '1' } };

  it('of events are local on a terminal with the zone named, and UTC in a pipe', async () => {
    const local = (await goblin('security list', onScreen)).stdout.split('\n');
    expect(local[0]).toMatch(/^TIMESTAMP \(UTC\+5:30\) /);
    expect(local[1]).toMatch(/^2026-03-14 16:39:26 /);
    const piped = (await goblin('security list')).stdout.split('\n');
    expect(piped[1]).toMatch(/^2026-03-14T11:09:26Z /);
  });

  it.each([
    ['relative', /^4h ago /],
    ['local', /^2026-03-14 16:39:26 /],
    ['utc', /^2026-03-14T11:09:26Z /],
  ])('are %s by --time and by GOBLIN_TIME', async (style, shown) => {
    const [, byOption] = (await goblin(`security list --time ${style}`, onScreen)).stdout.split(
      '\n',
    );
    expect(byOption).toMatch(shown);
    const env = { ...onScreen.env, GOBLIN_TIME: style };
    const [, byVariable] = (await goblin('security list', { ...onScreen, env })).stdout.split('\n');
    expect(byVariable).toMatch(shown);
  });

  it('are by --time where the variable says otherwise, and never relative in a pipe', async () => {
    const env = { GOBLIN_TIME: 'relative' };
    const piped = await goblin('ratelimit list', { env });
    expect(piped.stdout).toContain('2026-03-14T15:09:56Z');
    const local = await goblin('ratelimit list --time local', { env });
    expect(local.stdout).toContain('RESET_AT (UTC+5:30)\n');
    expect(local.stdout).toContain('2026-03-14 20:39:56');
  });

  it('stay RFC 3339 in UTC for scripts', async () => {
    const { stdout } = await goblin('ratelimit list --time local --json', onScreen);
    expect(stdout).toContain('"reset_at":"2026-03-14T15:09:56.000Z"');
  });

  it('are a usage error in any other style, told before anything is asked', async () => {
    const asked = { fetch: () => Promise.reject(new Error('asked')) };
    expect(await goblin('ratelimit list --time locale', asked)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean local? Known: relative, local, utc.'),
    });
    const { code, stderr } = await goblin('ratelimit list', {
      ...asked,
      env: { GOBLIN_TIME: 'x' },
    });
    expect([code, stderr]).toEqual([2, expect.stringContaining('GOBLIN_TIME: "x"')]);
  });
});

describe('--fields', () => {
  it.each([
    ['security list', 'event_type,ip', 'event_type,ip'],
    ['ratelimit list', 'ip,limit', 'ip,limit'],
    ['events top', 'count,ip', 'count,ip'],
    ['security stats --since 1h', 'count', 'count'],
    ['kv list', 'key', 'key'],
    ['shards', 'keys,shard', 'keys,shard'],
    ['sessions list', 'user_id', 'user_id'],
    ['conversations list', 'user_id', 'user_id'],
    ['cache list', 'path,size', 'path,size'],
    ['flags list', 'value,flag', 'value,flag'],
    ['ratelimit simulate', 'ip', 'ip'],
    ['config show', 'setting', 'setting'],
  ])('%s has %s', async (line, fields, header) => {
    const { code, stdout } = await goblin(`${line} --fields ${fields} -o csv`);
    expect([code, stdout.split('\n', 1)[0]]).toEqual([0, header]);
  });

  it('shows a field that a table leaves out by itself', async () => {
    expect((await goblin('ratelimit list --fields ip,limit')).stdout).toContain('LIMIT');
  });

  it('that is unknown is exit 2 with the nearest one, before anything is asked', async () => {
    const ran = await goblin('ratelimit list --fields ip,blockd', {
      fetch: () => Promise.reject(new Error('asked')),
    });
    expect(ran).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('Did you mean blocked? Known: ip, count,'),
    });
  });
});

describe('colours', () => {
  const [GREEN, RED, YELLOW] = ['\x1b[32m', '\x1b[31m', '\x1b[33m'];
  const coloured = { tty: true, columns: 120 };

  it.each(['events list', 'events tail --no-follow --since 1d', 'events top --by type'])(
    'of event types are the same in %s',
    async (line) => {
      const { stdout } = await goblin(line, coloured);
      expect(stdout).toContain(`${YELLOW}rate_limited`);
      expect(stdout).toContain(`${RED}session_invalid`);
      expect(stdout).toContain(`${RED}backend_error`);
      expect(stdout).toMatch(/[^m]cache_hit/);
      expect(stdout).not.toContain(GREEN);
    },
  );

  it('show who is blocked in red', async () => {
    const { stdout } = await goblin('ratelimit list', coloured);
    expect(stdout).toContain(`${RED}true`);
    expect(stdout).not.toContain(GREEN);
  });

  it('of what was not done in a plan are not those of what was', async () => {
    const { stdout } = await goblin('ratelimit reset 203.0.113.9 192.0.2.1 --dry-run', coloured);
    expect(stdout).not.toContain(GREEN);
  });
});
