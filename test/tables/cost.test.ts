/** What the queries read of large tables, as D1 bills it. `npm run bench:d1` does the same with a million rows. */
import { beforeAll, describe, expect, it } from 'vitest';
import { auditStats, insertAudit, listAudit } from '../../src/tables/audit.ts';
import type { Statement } from '../../src/tables/statement.ts';
import { addUsage, topUsage, usageOfUser } from '../../src/tables/usage.ts';
import { KINDS, useTables } from './d1.ts';
import { fillAudit, fillUsage } from './seed.ts';

const NOW = Date.UTC(2026, 10, 24, 12);
const HOUR = 3_600_000;
const ROWS = 40_000;

describe.each(KINDS)('in %s', (_, before) => {
  const d1 = useTables(before);
  beforeAll(async () => {
    await fillAudit(d1, ROWS, NOW);
    await fillUsage(d1, ROWS, NOW);
  });

  async function cost(statement: Statement) {
    const [result] = await d1.run(statement);
    return { rows: result?.results.length, read: result?.meta.rows_read ?? Number.NaN };
  }

  it.each([
    ['newest', {}],
    ['of a day', { since: NOW - 24 * HOUR }],
    ['of an action', { action: 'action.7' }],
    ['of an action and a week', { action: 'action.7', since: NOW - 7 * 24 * HOUR }],
    ['of an actor', { actor: 'u_7' }],
    ['of an actor and an action', { actor: 'u_7', action: 'action.37' }],
  ])('audit list reads a row or two more than it gives: %s', async (_name, filter) => {
    const { rows, read } = await cost(listAudit({ ...filter, limit: 20 }));
    expect(rows).toBe(20);
    expect(read).toBeLessThanOrEqual(rows + 2);
  });

  it('the last page costs what the first one does', async () => {
    const [first] = await d1.rows('SELECT min(id) AS id FROM audit_logs WHERE id > 1000');
    const { read } = await cost(listAudit({ limit: 20, before: Number(first?.id) + 1e9 }));
    expect(read).toBeLessThanOrEqual(22);
  });

  it('audit stats read their window', async () => {
    const [window] = await d1.rows('SELECT count(*) AS n FROM audit_logs WHERE timestamp >= ?', [
      '2026-11-23 12:00:00',
    ]);
    const { read } = await cost(auditStats('actor', { since: NOW - 24 * HOUR }, 5));
    const actors = 1000;
    expect(read).toBeLessThanOrEqual(2 * (Number(window?.n) + actors));
  });

  it.each(['user', 'endpoint', 'day'] as const)('usage top by %s reads its days', async (by) => {
    const answer = (ROWS / 100) * 8;
    const { read } = await cost(topUsage(by, NOW - 7 * 24 * HOUR, 10));
    expect(read).toBeGreaterThanOrEqual(answer);
    expect(read).toBeLessThanOrEqual(2 * answer);
  });

  it('usage of a user reads that user', async () => {
    expect(await cost(usageOfUser('u_7', NOW - 29 * 24 * HOUR))).toMatchObject({ rows: 30 });
    expect((await cost(usageOfUser('u_7', NOW - 29 * 24 * HOUR))).read).toBeLessThanOrEqual(
      2 * 30 * 4,
    );
  });

  it('an audit entry is one row and one for each index', async () => {
    const [result] = await d1.run(
      insertAudit([{ actor: 'a', action: 'x', target: 't', source: 'cli' }]),
    );
    expect(result?.meta.rows_written).toBeLessThanOrEqual(before ? 7 : 6);
    expect(result?.meta.rows_read).toBeLessThanOrEqual(8);
  });

  it('usage that is added to a day is one row', async () => {
    const deltas = Array.from({ length: 10 }, (_value, index) => ({
      day: '2026-11-24',
      user_id: `u_${index}`,
      endpoint: '/e0',
      requests: 1,
      errors: 0,
      tokens: 0,
      cost: 0,
      duration_ms: 1,
    }));
    await d1.run(addUsage(deltas));
    const [result] = await d1.run(addUsage(deltas));
    expect(result?.meta.rows_written).toBeLessThanOrEqual(10 + (before ? 1 : 0));
  });
});
