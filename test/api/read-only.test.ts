import { describe, expect, it } from 'vitest';
import { useEngine } from '../engine.ts';
import { run } from '../run.ts';

const engine = useEngine();

const readOnly = { GOBLIN_READ_ONLY: '1' };

/** Runs a line and lists the requests that reached the network. */
async function sent(line: string, env: Record<string, string> = readOnly) {
  const requests: string[] = [];
  const ran = await run(line, {
    engine,
    env: { ...env, CLOUDFLARE_API_BASE_URL: engine.apiUrl, CLOUDFLARE_API_TOKEN: engine.token },
    fetch: (url, init) => {
      requests.push(`${init.method} ${new URL(url).pathname.replace(/.*namespaces\/\w+/, '')}`);
      return fetch(url, init);
    },
  });
  return { ...ran, requests };
}

describe('a read-only run', () => {
  it.each([
    'kv put k v --no-expire --no-metadata',
    'flags set new_ui_enabled true',
    'sessions create --user u',
    'ratelimit block 203.0.113.9 --for 10m',
  ])('refuses %s with exit 4, and sends no write', async (line) => {
    const { code, stderr, requests } = await sent(line);
    expect([code, stderr]).toEqual([4, expect.stringContaining('this run is read-only')]);
    expect(
      requests.filter((each) => !each.startsWith('GET') && !each.includes('/bulk/get')),
    ).toEqual([]);
  });

  it('refuses by option as by variable, and tells scripts the code', async () => {
    const { code, stderr } = await sent('--read-only kv put k v --json', {});
    expect([code, JSON.parse(stderr.trim().split('\n').at(-1) ?? '').error.code]).toEqual([
      4,
      'read_only',
    ]);
  });

  it('reads, one by one and in bulk', async () => {
    expect((await sent('kv list')).code).toBe(0);
    expect((await sent('flags list')).code).toBe(0);
  });

  it.each(['0', 'false', ''])('is not asked for by GOBLIN_READ_ONLY=%j', async (value) => {
    expect((await sent('kv put k v', { GOBLIN_READ_ONLY: value })).code).toBe(0);
  });
});
