import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addUsage } from '../../../src/tables/usage.ts';
import { DATABASE } from '../../local/d1.ts';
import { run } from '../../run.ts';
import { startTables, type Tables } from '../../tables/d1.ts';

const NOW = Date.parse('2026-11-24T12:00:00Z');
let d1: Tables;
beforeAll(async () => {
  d1 = await startTables('');
  const row = (day: string, user_id: string, endpoint: string, requests: number) => ({
    day,
    user_id,
    endpoint,
    requests,
    errors: 1,
    tokens: 10 * requests,
    cost: 0.1,
    duration_ms: 20 * requests,
  });
  await d1.run(
    addUsage([
      row('2026-11-24', 'u_1', '/chat', 8),
      row('2026-11-22', 'u_1', '/chat', 4),
      row('2026-11-22', 'u_1', '/models', 2),
      row('2026-11-24', 'u_2', '/models', 3),
      row('2026-10-01', 'u_2', '/models', 900),
    ]),
  );
});
afterAll(() => d1.engine.dispose());
const goblin = (line: string) =>
  run(line, { engine: d1.engine, now: NOW, env: { GOBLIN_DATABASE: DATABASE.id } });

describe('usage top', () => {
  it.each([
    [
      'user',
      'user_id',
      [
        ['u_1', 14],
        ['u_2', 3],
      ],
    ],
    [
      'endpoint',
      'endpoint',
      [
        ['/chat', 12],
        ['/models', 5],
      ],
    ],
    [
      'day',
      'day',
      [
        ['2026-11-24', 11],
        ['2026-11-22', 6],
      ],
    ],
  ])('sums by %s since the day', async (by, column, expected) => {
    const rows = (await goblin(`usage top --by ${by} --since 7d --json`)).json();
    const found = (rows as Record<string, unknown>[]).map((row) => [row[column], row.requests]);
    expect(found).toEqual(expected);
  });

  it('shows cost, tokens and the average, and a bar to people', async () => {
    const { json } = await goblin('usage top -n 1 --json');
    expect(json()).toEqual([
      {
        user_id: 'u_1',
        requests: 14,
        errors: 3,
        tokens: 140,
        cost: 0.3,
        average_ms: 20,
        duration_ms: 280,
      },
    ]);
    expect((await goblin('usage top')).stdout).toContain('█'.repeat(20));
  });

  it('refuses a group that there is none of', async () => {
    expect((await goblin('usage top --by moon')).code).toBe(2);
  });
});

describe('usage show', () => {
  it('lists every day, those without requests too', async () => {
    const rows = (await goblin('usage show u_1 --since 3d --json')).json();
    expect(
      (rows as { day: string; requests: number }[]).map((row) => [row.day, row.requests]),
    ).toEqual([
      ['2026-11-21', 0],
      ['2026-11-22', 6],
      ['2026-11-23', 0],
      ['2026-11-24', 8],
    ]);
  });

  it('plots the requests as bars', async () => {
    const lines = (await goblin('usage show u_1 --since 3d')).stdout.split('\n');
    const barOf = (day: string) =>
      lines.find((line) => line.includes(day))?.match(/█/g)?.length ?? 0;
    expect(['2026-11-24', '2026-11-22', '2026-11-23'].map(barOf)).toEqual([30, 22, 0]);
  });

  it('says that there is nothing', async () => {
    const { code, stderr } = await goblin(`usage show "x'; DROP TABLE api_usage"`);
    expect([code, stderr]).toEqual([0, expect.stringContaining('No usage')]);
  });
});
