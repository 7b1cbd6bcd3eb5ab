import { describe, expect, it, vi } from 'vitest';
import { rolloutPosition } from '../../src/shards/flag-value.ts';
import { type Echo, kv, newEdge, passTime, putSession } from './edge.ts';

async function setFlags(document: unknown, metadata: unknown = null): Promise<void> {
  await kv.put('feature_flags', JSON.stringify(document), { metadata });
}

describe('the kill switch', () => {
  it('answers 503 with Retry-After and asks neither backend nor session', async () => {
    await setFlags({ api_enabled: false });
    const { visit } = await newEdge();
    const response = await visit('/anything');
    expect(response.status).toBe(503);
    expect(response.headers.get('Retry-After')).toBe('30');
    expect(await response.json()).toMatchObject({ error: { code: 'api_disabled' } });
  });

  it('obeys an edit within seconds, without anybody waiting for KV', async () => {
    await setFlags({ api_enabled: true });
    const { visit } = await newEdge();
    expect((await visit('/')).status).toBe(200);
    await setFlags({ api_enabled: false });
    await vi.waitFor(async () => expect((await visit('/')).status).toBe(503), {
      timeout: 5000,
      interval: 100,
    });
  });
});

describe('flags', () => {
  it('have their defaults where nothing is stored, and those are not written back', async () => {
    await kv.delete('feature_flags');
    const { visit, settled } = await newEdge();
    const flags = await (await visit('/_goblin/flags')).json();
    expect(flags).toEqual({
      api_enabled: true,
      rate_limiting_enabled: true,
      new_ui_enabled: false,
    });
    await settled();
    expect(await kv.get('feature_flags')).toBeNull();
  });

  it.each(['{"api_enabled":', '[1]', '"off"', 'null', '\u0000'])(
    'have their defaults where the document is %s',
    async (broken) => {
      await kv.put('feature_flags', broken);
      const { visit } = await newEdge();
      expect(await (await visit('/_goblin/flags')).json()).toMatchObject({ api_enabled: true });
    },
  );

  it.each([
    // Positions that never change: 95.13, 46.25, 79.64, 51.42, 28.75 and 12.98.
    [10, []],
    [40, ['u_4', 'u_5']],
    [47, ['u_1', 'u_4', 'u_5']],
    [80, ['u_1', 'u_2', 'u_3', 'u_4', 'u_5']],
  ])('are on at %i percent for the users that the CLI computes', async (percent, on) => {
    await setFlags({ new_ui_enabled: percent });
    const { visit } = await newEdge();
    const found: string[] = [];
    for (const user of ['u_0', 'u_1', 'u_2', 'u_3', 'u_4', 'u_5']) {
      const headers = await putSession(`percent-${user}`, user);
      const flags = await (await visit('/_goblin/flags', { headers })).json<
        Record<string, boolean>
      >();
      if (flags.new_ui_enabled) found.push(user);
    }
    expect(found).toEqual(on);
  });

  it('go by the address where there is no session', async () => {
    const ip = '203.0.113.77';
    await setFlags({ new_ui_enabled: rolloutPosition('new_ui_enabled', ip) + 0.01 });
    const { visit } = await newEdge();
    expect(await (await visit('/_goblin/flags', { ip })).json()).toMatchObject({
      new_ui_enabled: true,
    });
  });

  it('change by themselves at the millisecond their timer names', async () => {
    const { visit } = await newEdge();
    const until = Date.now() + 60_000;
    await setFlags(
      { new_ui_enabled: true },
      { timers: { new_ui_enabled: { until, then: false } } },
    );
    expect(await (await visit('/_goblin/flags')).json()).toMatchObject({ new_ui_enabled: true });
    passTime(until - Date.now() - 1000);
    expect(await (await visit('/_goblin/flags')).json()).toMatchObject({ new_ui_enabled: true });
    passTime(1001);
    expect(await (await visit('/_goblin/flags')).json()).toMatchObject({ new_ui_enabled: false });
  });

  it('reach the backend as one line of ASCII, whatever they are called', async () => {
    const hostile = 'evil\r\nX-User-Id: root\u2028\ud800é';
    await setFlags({ [hostile]: true });
    const { visit } = await newEdge();
    const { headers } = await (await visit('/')).json<Echo>();
    expect(headers['x-goblin-flags']).toMatch(/^[ -~]+$/);
    expect(JSON.parse(headers['x-goblin-flags'] ?? '')).toMatchObject({ [hostile]: true });
    expect(headers).not.toHaveProperty('x-user-id');
    await kv.delete('feature_flags');
  });
});
