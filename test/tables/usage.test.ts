import { beforeEach, describe, expect, it } from 'vitest';
import { addUsage, topUsage, type UsageDelta, usageOfUser } from '../../src/tables/usage.ts';
import { KINDS, useTables } from './d1.ts';
import { FIRST_GENERATION } from './databases.ts';

const delta = (fields: Partial<UsageDelta>): UsageDelta => ({
  day: '2026-03-01',
  user_id: 'u_9',
  endpoint: '/chat',
  requests: 1,
  errors: 0,
  tokens: 10,
  cost: 0.5,
  duration_ms: 20,
  ...fields,
});
const MARCH = Date.UTC(2026, 2, 1);

describe.each(KINDS)('in %s, api_usage', (_, before) => {
  const d1 = useTables(before);
  beforeEach(() => d1.query({ sql: 'DELETE FROM api_usage WHERE day IS NOT NULL' }));

  it('adds up a day in one row a user and endpoint', async () => {
    const [first] = await d1.run(addUsage([delta({}), delta({ endpoint: '/models' })]));
    expect(first?.meta.changes).toBe(2);
    await d1.run(
      addUsage([delta({ requests: 3, errors: 1, tokens: 5, cost: 0.25, duration_ms: 7 })]),
    );
    expect(await d1.read(usageOfUser('u_9', MARCH))).toEqual([
      { day: '2026-03-01', requests: 5, errors: 1, tokens: 25, cost: 1.25, duration_ms: 47 },
    ]);
    expect(await d1.rows('SELECT count(*) AS n FROM api_usage WHERE day IS NOT NULL')).toEqual([
      { n: 2 },
    ]);
  });

  it('writes one row for what it adds to a row that is there', async () => {
    await d1.run(addUsage([delta({})]));
    const [again] = await d1.run(addUsage([delta({})]));
    // AUTOINCREMENT, which the first generation has, writes its own row once a statement.
    expect(again?.meta.rows_written).toBeLessThanOrEqual(before ? 2 : 1);
  });

  it('takes 1,000 deltas by one statement', async () => {
    const many = Array.from({ length: 1000 }, (_, index) => delta({ user_id: `u'${index}` }));
    await d1.run(addUsage(many));
    expect(await d1.read(topUsage('day', MARCH, 9))).toMatchObject([{ requests: 1000 }]);
  });

  it('is ranked by user, endpoint and day', async () => {
    await d1.run(
      addUsage([
        delta({ user_id: 'a', requests: 5 }),
        delta({ user_id: 'b', requests: 7, day: '2026-03-02' }),
        delta({ user_id: 'a', requests: 4, endpoint: '/models' }),
        delta({ user_id: '', requests: 1 }),
        delta({ user_id: 'early', requests: 99, day: '2026-02-28' }),
      ]),
    );
    const top = async (by: 'user' | 'endpoint' | 'day', limit = 9) =>
      (await d1.read(topUsage(by, MARCH, limit))).map((row) => [
        Object.values(row)[0],
        row.requests,
      ]);
    expect(await top('user', 2)).toEqual([
      ['a', 9],
      ['b', 7],
    ]);
    expect(await top('endpoint')).toEqual([
      ['/chat', 13],
      ['/models', 4],
    ]);
    expect(await top('day')).toEqual([
      ['2026-03-01', 10],
      ['2026-03-02', 7],
    ]);
  });

  it('is found by index', async () => {
    for (const by of ['user', 'endpoint', 'day'] as const) {
      const plan = (await d1.plan(topUsage(by, MARCH, 10))).join('\n');
      const index = by === 'endpoint' ? 'api_usage_endpoint' : 'api_usage_day';
      expect(plan).toContain(`SEARCH api_usage USING INDEX ${index} (day>?)`);
      expect(plan).toContain('SEARCH api_usage USING INDEX api_usage_calls (timestamp>?)');
      expect(plan).not.toContain('SCAN api_usage');
    }
    const plan = (await d1.plan(usageOfUser('u', MARCH))).join('\n');
    expect(plan).toContain('SEARCH api_usage USING INDEX api_usage_user (user_id=? AND day>?)');
    expect(plan).not.toContain('SCAN api_usage');
  });
});

describe('calls of the first generation', () => {
  const d1 = useTables(FIRST_GENERATION);

  it('counts the calls of the first generation in, by their time', async () => {
    await d1.run(addUsage([delta({ user_id: 'u_1', day: '2026-01-02' })]));
    const january = Date.UTC(2026, 0, 1);
    expect(await d1.read(usageOfUser('u_1', january))).toMatchObject([
      { day: '2026-01-01', requests: 2, errors: 0, tokens: 150, cost: 0.015 },
      { day: '2026-01-02', requests: 1 },
    ]);
    expect(await d1.read(topUsage('user', january, 9))).toMatchObject([
      { user_id: 'u_1', requests: 3 },
      { user_id: 'u_2', requests: 1 },
    ]);
  });
});
