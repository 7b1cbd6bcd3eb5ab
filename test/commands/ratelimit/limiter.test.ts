/** Rate limits where the edge's limiter is reached: its object and the mirror in KV are changed together. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { NAMESPACES } from '../../engine.ts';
import { type LiveEngine, startLiveEngine } from '../rooms/live-engine.ts';

let engine: LiveEngine;
beforeAll(async () => {
  engine = await startLiveEngine();
});
afterAll(() => engine.dispose());

async function statusFor(ip: string): Promise<number> {
  const headers = { 'CF-Connecting-IP': ip };
  const response = await fetch(`${engine.edgeUrl}/health`, { headers });
  await response.arrayBuffer();
  return response.status;
}

const mirrorOf = (ip: string) => engine.kv(`/values/${encodeURIComponent(`ratelimit:${ip}`)}`);

it('shows requests that KV has no bucket for, and resets them', async () => {
  expect(await statusFor('203.0.113.5')).toBe(200);
  expect((await mirrorOf('203.0.113.5')).status).toBe(404);
  const shown = await engine.goblin('ratelimit show 203.0.113.5 -o json');
  expect(shown.json()).toMatchObject({ ip: '203.0.113.5', blocked: false });
  const reset = await engine.goblin('ratelimit reset 203.0.113.5 203.0.113.6 --yes -o json');
  expect(reset.json()).toMatchObject([
    { ip: '203.0.113.5', result: 'reset' },
    { ip: '203.0.113.6', result: 'absent' },
  ]);
});

it('blocks at once in object and mirror, and resets both', async () => {
  const ip = '203.0.113.9';
  const blocked = await engine.goblin(`ratelimit block ${ip} --for 10m -o json`);
  expect(blocked.json()).toMatchObject({ ip, remaining: 0, blocked: true });
  expect(blocked.stderr).toContain('and its mirror in KV obey now');
  expect(await (await mirrorOf(ip)).text()).toContain('100');
  expect(await statusFor(ip)).toBe(429);
  expect((await engine.goblin(`ratelimit show ${ip} -o json`)).json()).toMatchObject({
    blocked: true,
  });
  const reset = await engine.goblin(`ratelimit reset ${ip} --yes -o json`);
  expect(reset.json()).toMatchObject([{ ip, result: 'reset' }]);
  expect((await mirrorOf(ip)).status).toBe(404);
  expect((await engine.goblin(`ratelimit show ${ip}`)).code).toBe(3);
});

it('blocks and resets in the namespace that is named, too, and says what the limiter did', async () => {
  const ip = '203.0.113.42';
  const other = NAMESPACES[1]?.id ?? '';
  const there = (line: string) =>
    engine.goblin(`ratelimit ${line} --namespace-id ${other} -o json`);
  const blocked = await there(`block ${ip} --for 10m`);
  expect(blocked.json()).toMatchObject({ ip, blocked: true });
  expect(blocked.stderr).toMatch(/its mirror, another namespace, obey now/);
  expect(blocked.stderr).toContain('in the namespace of --namespace-id is full, too');
  expect(await statusFor(ip)).toBe(429);
  expect((await mirrorOf(ip)).status).toBe(200);
  expect((await there('list')).json()).toMatchObject([{ ip, blocked: true }]);
  expect((await there(`reset ${ip} --yes`)).json()).toMatchObject([{ ip, result: 'reset' }]);
  expect((await there('list')).json()).toEqual([]);
  expect((await mirrorOf(ip)).status).toBe(404);
});

it('blocks in KV alone, and says so, where the edge does not answer', async () => {
  const env = { GOBLIN_EDGE_URL: 'http://127.0.0.1:9' };
  const blocked = await engine.goblin('ratelimit block 203.0.113.77 --for 10m', { env });
  expect([blocked.code, blocked.stderr]).toEqual([
    0,
    expect.stringMatching(/was not reached .*buckets in KV alone/),
  ]);
  expect((await mirrorOf('203.0.113.77')).status).toBe(200);
});
