import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { evaluateFlags } from '../../src/shards/flag-value.ts';
import { changeFlag } from '../../src/tables/flag-changes.ts';
import { db, emptyDb, failing, holdWaits, migrate, oldDb, otherDb, setUpOld } from './d1.ts';
import { holdTimersAbove, kv, newEdge, putSession } from './edge.ts';
import { otherKv } from './other-kv.ts';

beforeAll(() => Promise.all([migrate(), setUpOld()]));
beforeEach(async () => {
  await db.exec('DELETE FROM feature_flags');
  await kv.delete('feature_flags');
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Sets a flag as an operator does by the CLI. */
async function setFlag(name: string, value: boolean | number, timer: object | null = null) {
  const [row] = (
    await db.prepare('SELECT version FROM feature_flags WHERE flag_name = ?').bind(name).all()
  ).results;
  const change = changeFlag({
    name,
    expected: row ? Number(row.version) : null,
    from: null,
    to: { value, timer: timer as never, description: null, owner: null, permanent: false },
    changed_by: 'op',
    reason: null,
  });
  await db.batch(change.map(({ sql, params }) => db.prepare(sql).bind(...params)));
}

const stored = () => kv.getWithMetadata<unknown, { timers?: object }>('feature_flags', 'json');

describe('where KV has no flags, those of D1', () => {
  it('hold, and all of them become the document in KV for five minutes', async () => {
    await setFlag('new_ui_enabled', 40);
    await setFlag('api_enabled', true);
    await setFlag('beta', false);
    await setFlag('beta', true);
    await setFlag('experimental', false);
    const { visit, settled } = await newEdge({ DB: db });
    const headers = await putSession('flagged', 'u_5');
    const flags = await (await visit('/_goblin/flags', { headers })).json();
    const document = {
      api_enabled: true,
      rate_limiting_enabled: true,
      new_ui_enabled: 40,
      beta: true,
      experimental: false,
    };
    expect(flags).toEqual(evaluateFlags(document, {}, 'u_5', Date.now()));
    await vi.waitFor(async () => expect((await stored()).value).toEqual(document));
    expect((await stored()).metadata).toEqual({ version: 5, timers: {} });
    const { keys } = await kv.list({ prefix: 'feature_flags' });
    const life = Number(keys[0]?.expiration) - Date.now() / 1000;
    expect(life).toBeGreaterThan(290);
    expect(life).toBeLessThanOrEqual(301);
    await settled();
  });

  it('do not hold where KV has a document', async () => {
    await setFlag('beta', true);
    await kv.put('feature_flags', '{"beta":false}');
    const counted = otherDb();
    const { visit } = await newEdge({ DB: counted.db });
    expect(await (await visit('/_goblin/flags')).json()).toMatchObject({ beta: false });
    expect(counted.asked).toEqual([]);
  });

  it('of the first generation are on for all where they are enabled, whatever the rollout', async () => {
    const { visit } = await newEdge({ DB: oldDb });
    expect(await (await visit('/_goblin/flags')).json()).toEqual({
      api_enabled: true,
      rate_limiting_enabled: true,
      new_ui_enabled: false,
      experimental_features: false,
      beta_chat: true,
    });
    await vi.waitFor(async () =>
      expect((await stored()).value).toMatchObject({ beta_chat: true, new_ui_enabled: false }),
    );
  });

  it('keep their timers in the metadata, and those that ran out are done', async () => {
    const until = Date.now() + 3_600_000;
    await setFlag('later', true, { until, then: false });
    await setFlag('over', true, { until: Date.now() - 1, then: false });
    await setFlag('gone', true, { until: Date.now() - 1, then: null });
    const { visit } = await newEdge({ DB: db });
    await visit('/_goblin/flags');
    await vi.waitFor(async () => expect((await stored()).value).not.toBeNull());
    const { value, metadata } = await stored();
    expect(value).toMatchObject({ later: true, over: false });
    expect(value).not.toHaveProperty('gone');
    expect(metadata?.timers).toEqual({ later: { until, then: false } });
  });

  it('fit into the metadata however many timers there are', async () => {
    const now = Date.now();
    for (let i = 0; i < 40; i++) {
      await setFlag(`timed_${i}`, true, { until: now + 1e6 + i, then: false });
    }
    const { visit } = await newEdge({ DB: db });
    await visit('/_goblin/flags');
    await vi.waitFor(async () => expect((await stored()).value).not.toBeNull());
    const { metadata } = await stored();
    const timers = Object.keys(metadata?.timers as object);
    expect(timers.length).toBeGreaterThan(10);
    // Those that run out first.
    expect(timers).toEqual(timers.map((_timer, i) => `timed_${i}`));
  });

  it('are not written where D1 has none: then KV is the operator’s own', async () => {
    const counted = otherDb();
    const { visit } = await newEdge({ DB: counted.db });
    expect(await (await visit('/_goblin/flags')).json()).toMatchObject({ api_enabled: true });
    await counted.idle();
    expect(counted.asked).toHaveLength(1);
    expect((await stored()).value).toBeNull();
  });

  it('are read once in 30 s where KV takes no document', async () => {
    const counted = otherDb();
    await setFlag('beta', true);
    const { kv: full } = otherKv({ write: () => Promise.reject(new Error('KV put() limit')) });
    const { visit, settled } = await newEdge({ DB: counted.db, GOBLIN_KV: full });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    for (let second = 0; second < 29; second++) {
      await visit('/_goblin/flags');
      vi.setSystemTime(Date.now() + 1000);
    }
    const reads = () => counted.asked.filter((sql) => sql.includes('feature_flags')).length;
    expect(reads()).toBe(1);
    vi.setSystemTime(Date.now() + 4000);
    await visit('/_goblin/flags');
    await vi.waitFor(() => expect(reads()).toBe(2));
    vi.useRealTimers();
    await settled().catch(() => {});
  });

  it('are written again where an operator changed them between read and write', async () => {
    const waits = holdWaits();
    await setFlag('beta', false);
    let isFirst = true;
    const raced = otherKv({
      write: async (real) => {
        if (isFirst) await setFlag('beta', true);
        isFirst = false;
        await real();
      },
    });
    const { visit } = await newEdge({ DB: db, GOBLIN_KV: raced.kv });
    await visit('/teapot');
    await vi.waitFor(() => expect(waits.waits.some(({ ms }) => ms === 1000)).toBe(true));
    await vi.waitFor(async () => {
      waits.end(1000);
      expect((await stored()).value).toMatchObject({ beta: true });
    });
  });
});

describe('when D1 fails, flags', () => {
  it.each([
    ['it is down', failing('Network connection lost.'), db],
    ['it has no such table', undefined, emptyDb],
    ['it hangs', () => new Promise<never>(() => {}), db],
  ])('have their defaults in a new isolate: %s', async (_what, habit, database) => {
    await setFlag('api_enabled', false);
    const { visit } = await newEdge({ DB: otherDb(habit, database).db });
    holdTimersAbove(1000);
    expect(await (await visit('/_goblin/flags')).json()).toMatchObject({ api_enabled: true });
    expect((await stored()).value).toBeNull();
  });

  it('stay what they were', async () => {
    await kv.put('feature_flags', '{"api_enabled":false}');
    let isGone = false;
    const gone = otherKv({
      read: async (real) => (isGone ? { value: null, metadata: null, cacheStatus: null } : real()),
    });
    const down = otherDb(failing('Network connection lost.'));
    const { visit } = await newEdge({ DB: down.db, GOBLIN_KV: gone.kv });
    expect((await visit('/')).status).toBe(503);
    isGone = true;
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2001 });
    await visit('/');
    await vi.waitFor(() => expect(down.asked).toHaveLength(1));
    await down.idle();
    expect((await visit('/')).status).toBe(503);
    vi.setSystemTime(Date.now() + 400_000);
    expect((await visit('/')).status).toBe(503);
  });
});
