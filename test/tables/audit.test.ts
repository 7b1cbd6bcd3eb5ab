import { beforeAll, describe, expect, it } from 'vitest';
import {
  type AuditEntry,
  auditRow,
  auditStats,
  insertAudit,
  listAudit,
} from '../../src/tables/audit.ts';
import { KINDS, useTables } from './d1.ts';

const entry = (fields: Partial<AuditEntry>): AuditEntry => ({
  actor: 'alice',
  action: 'flags.set',
  source: 'cli',
  ...fields,
});

describe.each(KINDS)('in %s, audit_logs', (_, before) => {
  const d1 = useTables(before);
  const list = async (page: Parameters<typeof listAudit>[0]) =>
    (await d1.read(listAudit(page))).map(auditRow);

  it('keeps what was written, whatever is in it', async () => {
    const started = Date.now();
    const hostile = `a'"\u0000;--😀\u202e`;
    const details = { text: hostile, list: [1, null, true], deep: { a: {} } };
    const [written] = await d1.run(
      insertAudit([
        entry({
          target: hostile,
          details,
          outcome: 'ok',
          ip: '::1',
          user_agent: hostile,
          source: 'edge',
        }),
        entry({ actor: null }),
      ]),
    );
    expect(written?.meta.changes).toBe(2);
    const [second, first] = await list({ limit: 2 });
    expect(first).toEqual({
      id: expect.any(Number),
      timestamp: expect.any(Number),
      actor: 'alice',
      action: 'flags.set',
      target: hostile,
      details,
      outcome: 'ok',
      source: 'edge',
      ip: '::1',
      user_agent: hostile,
    });
    expect(second).toMatchObject({
      actor: null,
      target: null,
      details: null,
      id: (first?.id ?? 0) + 1,
    });
    const time = first?.timestamp ?? 0;
    expect(time).toBeGreaterThanOrEqual(started - 1);
    expect(Math.abs(time - (first?.id ?? 0) / 1000)).toBeLessThan(2);
  });

  it('orders by ids that only rise, even where the clock was ahead', async () => {
    const ahead = (Date.now() + 86_400_000) * 1000;
    await d1.query({ sql: `INSERT INTO audit_logs (id, action) VALUES (${ahead}, 'ahead')` });
    await d1.run(insertAudit([entry({ action: 'behind' }), entry({ action: 'behind' })]));
    expect((await list({ limit: 3 })).map(({ id }) => id)).toEqual([ahead + 2, ahead + 1, ahead]);
    await d1.query({ sql: `DELETE FROM audit_logs WHERE id >= ${ahead}` });
  });

  it('is paged by key, in both directions, with each filter', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `t${index}`);
    await d1.run(
      insertAudit(names.map((target) => entry({ action: 'page', actor: 'bob', target }))),
    );
    const first = await list({ action: 'page', limit: 4 });
    expect(first.map(({ target }) => target)).toEqual(['t9', 't8', 't7', 't6']);
    const next = await list({ actor: 'bob', limit: 4, before: first.at(-1)?.id });
    expect(next.map(({ target }) => target)).toEqual(['t5', 't4', 't3', 't2']);
    const newer = await list({ action: 'page', limit: 2, after: first.at(-1)?.id });
    expect(newer.map(({ target }) => target)).toEqual(['t7', 't8']);
    expect(await list({ action: 'page', actor: 'bob', target: 't3', limit: 4 })).toHaveLength(1);
    expect(await list({ action: 'page', target: 'nobody', limit: 4 })).toEqual([]);
  });

  it('is counted by actor, action, target and outcome', async () => {
    await d1.run(
      insertAudit([entry({ action: 'count' }), entry({ action: 'count', actor: 'carol' })]),
    );
    for (const by of ['actor', 'action', 'target', 'outcome'] as const) {
      const rows = await d1.read(
        auditStats(by, { action: 'count', since: Date.now() - 60_000 }, 10),
      );
      expect(rows.reduce((sum, { entries }) => sum + Number(entries), 0)).toBe(2);
    }
    expect(await d1.read(auditStats('action', { actor: 'carol' }, 1))).toMatchObject([
      { action: 'count', entries: 1 },
    ]);
  });

  it('is found by index, never by reading all of it', async () => {
    const since = Date.now() - 1000;
    for (const [filter, index] of [
      [{ actor: 'a' }, 'idx_user_id'],
      [{ action: 'a' }, 'audit_logs_action'],
      [{ target: 'a' }, 'audit_logs_target'],
      [{ actor: 'a', action: 'a' }, 'audit_logs_actor_action'],
      [{ actor: 'a', action: 'a', target: 'a' }, 'audit_logs_target'],
    ] as const) {
      for (const page of [{}, { since }, { before: 9 }, { since, before: 9 }, { after: 1 }]) {
        const plan = await d1.plan(listAudit({ ...filter, ...page, limit: 50 }));
        expect(plan[0]).toMatch(new RegExp(`^SEARCH audit_logs USING INDEX ${index} `));
        expect(plan.join()).not.toMatch(/SCAN|TEMP B-TREE/);
      }
    }
    const plan = await d1.plan(listAudit({ since, limit: 50 }));
    expect(plan.join()).toContain('SEARCH audit_logs USING INTEGER PRIMARY KEY (rowid>?)');
    expect(plan.join()).toMatch(/SEARCH audit_logs USING COVERING INDEX idx_timestamp/);
    expect(plan.join()).not.toMatch(/SCAN|TEMP B-TREE/);
    const stats = await d1.plan(auditStats('actor', { since }, 10));
    expect(stats.join()).not.toMatch(/SCAN audit_logs/);
  });
});

describe('rows of the first generation', () => {
  const d1 = useTables(KINDS[1][1]);
  beforeAll(async () => {
    await d1.run(insertAudit([entry({ action: 'new' })]));
  });

  it('are listed before the new ones, with what they have', async () => {
    const rows = (await d1.read(listAudit({ limit: 9 }))).map(auditRow);
    expect(rows.map(({ action }) => action)).toEqual(['new', 'login', 'cleanup', 'login']);
    expect(rows.at(-1)).toMatchObject({
      actor: 'u_1',
      ip: '203.0.113.9',
      details: { ok: true },
      timestamp: Date.UTC(2026, 0, 1, 10),
      source: null,
    });
    expect(rows[2]?.details).toBe('no JSON');
  });

  it('are in a window of time like all others', async () => {
    const actions = async (since: number) =>
      (await d1.read(listAudit({ since, limit: 9 }))).map(({ action }) => action);
    expect(await actions(Date.UTC(2026, 0, 2))).toEqual(['new', 'login', 'cleanup']);
    expect(await actions(Date.UTC(2026, 0, 3, 10, 0, 1))).toEqual(['new']);
    expect(await actions(Date.UTC(2999, 0, 1))).toEqual([]);
  });

  it('stand in order with what an old Worker still writes', async () => {
    await d1.query({ sql: "INSERT INTO audit_logs (user_id, action) VALUES ('u', 'old')" });
    await d1.run(insertAudit([entry({ action: 'newer' })]));
    const rows = await d1.read(listAudit({ since: Date.now() - 60_000, limit: 9 }));
    expect(rows.map(({ action }) => action)).toEqual(['newer', 'old', 'new']);
  });
});
