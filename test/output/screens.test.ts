/**
 * The lists as an operator sees them, over a fixed store, at 80 and at 120 columns and in a pipe. The files in
 * `screens/` are for review: `npx vitest run --project cli test/output/screens.test.ts -u` writes them anew.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MEMORY_ENV, memoryApi } from '../memory-api.ts';
import { run } from '../run.ts';

const NOW = Date.parse('2026-03-14T15:09:26Z');
const MINUTE = 60_000;
const IPV6 = '2001:db8:85a3:8d3:1319:8a2e:370:7348';

const { TZ } = process.env;
beforeAll(() => {
  process.env.TZ = 'Europe/Berlin';
});
afterAll(() => {
  if (TZ === undefined) delete process.env.TZ;
  else process.env.TZ = TZ;
});

const at = (minutes: number) => NOW - minutes * MINUTE;
/** Unix seconds in so many minutes. */
const until = (minutes: number) => Math.floor((NOW + minutes * MINUTE) / 1000);

function event(shard: 'analytics' | 'security', minutes: number, ip: string, fields: object) {
  return { key: `${shard}:${at(minutes)}:${ip}`, metadata: fields, expiration: until(600) };
}

function request(minutes: number, ip: string, words: string, duration_ms: number | null) {
  const [method, path, event_type] = words.split(' ');
  return event('analytics', minutes, ip, { method, path, event_type, duration_ms });
}

function blocked(minutes: number, ip: string, event_type: string, reason: string) {
  return event('security', minutes, ip, { event_type, reason });
}

function session(token: string, user_id: string, idle: number, left: number) {
  const fields = { user_id, expires_at: NOW + left * MINUTE, last_activity: at(idle) };
  return { key: `session:${token}`, value: fields, metadata: fields, expiration: until(left) };
}

function bucket(ip: string, count: number, seconds: number) {
  const reset_at = NOW + seconds * 1000;
  return {
    key: `ratelimit:${ip}`,
    value: String(count),
    metadata: { count, reset_at },
    expiration: Math.ceil(reset_at / 1000) + 30,
  };
}

function cached(path: string, status: number, size: number, minutes: number) {
  const metadata = { status, content_type: 'application/json', size, cached_at: at(minutes) };
  return { key: `cache:${path}`, value: '{}', metadata, expiration: until(5 - minutes) };
}

const RECORDS = [
  request(31, '203.0.113.9', 'GET /models cache_miss', 212),
  request(30, '203.0.113.9', 'GET /models cache_hit', 2),
  request(22, IPV6, 'POST /api/v1/chat/completions chat', 1804),
  request(
    9,
    '198.51.100.4',
    'GET /api/v1/documents/2026/quarterly-report?page=2 backend_error',
    30_000,
  ),
  request(4, '203.0.113.200', 'POST /_goblin/sessions session_created', 11),
  blocked(58, '198.51.100.4', 'session_invalid', 'the bearer has no session'),
  blocked(21, IPV6, 'rate_limited', 'more than 100 requests in 60 s'),
  blocked(20.99, IPV6, 'rate_limited', 'more than 100 requests in 60 s'),
  blocked(8, '203.0.113.9', 'body_too_large', 'the request body has more than 104857600 bytes'),
  blocked(2, '198.51.100.4', 'admin_denied', 'the admin token is wrong'),
  { key: `security:${at(1)}:192.0.2.1`, value: '{"event_type":', expiration: until(600) },
  session('tokenA', 'u_42', 3, 57),
  session('tokenB', 'maria.gonzalez@example.com', 44, 700),
  session('tokenC', 'u_7', 0.2, 1440),
  { key: 'session:tokenD', value: 'oops', expiration: until(60) },
  {
    key: 'conversation:u_42',
    value: {
      messages: [{ timestamp: at(12), preview: 'How do I reset my password?' }],
      last_updated: at(12),
    },
    metadata: { messages: 1, last_updated: at(12) },
    expiration: until(48),
  },
  bucket('203.0.113.9', 100, 41),
  bucket('198.51.100.4', 57, 12),
  bucket('2001:db8:85a3:8d3::/64', 8, 3),
  bucket('203.0.113.77', 12, -9),
  cached('/models?limit=10', 200, 18_231, 1),
  cached('/providers', 203, 912, 3),
  {
    key: 'feature_flags',
    value: {
      api_enabled: true,
      new_ui_enabled: 25,
      rate_limiting_enabled: false,
      beta_search: 'yes',
    },
    metadata: { timers: { rate_limiting_enabled: { until: NOW + 30 * MINUTE, then: true } } },
  },
  { key: 'notes', value: 'bought milk', metadata: { by: 'ops' } },
];

const LINES: Readonly<Record<string, string>> = {
  'sessions-list': 'sessions list --sort last_activity',
  'conversations-list': 'conversations list',
  'conversations-show': 'conversations show u_42 --reveal',
  'ratelimit-list': 'ratelimit list',
  'ratelimit-show': 'ratelimit show 203.0.113.9',
  'ratelimit-reset': 'ratelimit reset 203.0.113.9 192.0.2.7 --dry-run',
  'cache-list': 'cache list',
  'analytics-list': 'analytics list --since 1h',
  'security-list': 'security list --since 1h',
  'events-list': 'events list --since 1h',
  'events-tail': 'events tail --since 1h --no-follow',
  'events-top': 'events top --since 2h',
  'security-stats': 'security stats --since 1h',
  'events-stats-by-type': 'events stats --since 1h --by type',
  ip: `ip ${IPV6}`,
  'kv-list': 'kv list',
  shards: 'shards',
  'flags-list': 'flags list',
};

const PLACES = {
  '80 columns': { tty: true, columns: 80 },
  '120 columns': { tty: true, columns: 120 },
  'a pipe': {},
};

async function screen(line: string): Promise<string> {
  const parts: string[] = [`$ goblin ${line}`];
  for (const [place, look] of Object.entries(PLACES)) {
    const { fetch } = memoryApi(RECORDS);
    const { stdout, stderr } = await run(`${line} --namespace-id ${'ab'.repeat(16)}`, {
      fetch,
      now: NOW,
      env: { ...MEMORY_ENV, NO_COLOR: '1' },
      ...look,
    });
    const said = stderr.split('\n').filter((text) => text !== '' && !text.startsWith('remote ·'));
    parts.push(`--- ${place}\n${stdout}${said.map((text) => `  [${text}]\n`).join('')}`);
  }
  return `${parts.join('\n')}`;
}

it.each(Object.entries(LINES))('%s looks as reviewed', async (name, line) => {
  await expect(await screen(line)).toMatchFileSnapshot(`screens/${name}.txt`);
});

it.each(Object.entries(LINES))(
  '%s is no wider than 80 columns but for identifiers',
  async (_name, line) => {
    const [, at80 = ''] = (await screen(line)).split(/^--- .*\n/m);
    const lines = at80
      .split('\n')
      .filter((text) => !text.startsWith('  [') && !text.includes(IPV6));
    // What is shown of one thing is never cut.
    const cut = line.includes(' show ') || line.startsWith('ip ') ? [] : lines;
    for (const text of cut) expect(text.length).toBeLessThanOrEqual(80);
  },
);
