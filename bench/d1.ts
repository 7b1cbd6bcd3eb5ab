/**
 * What the queries on D1 read of tables with a million rows, and how long they take: `npm run bench:d1`. Rows are
 * counted by D1 itself (`meta`). The target: at most twice the rows that make up the answer.
 */
import { type AuditFilter, listAudit } from '../src/tables/audit.ts';
import type { Statement } from '../src/tables/statement.ts';
import { topUsage, usageOfUser } from '../src/tables/usage.ts';
import { startD1 } from '../test/local/d1.ts';
import { setUpTables, tablesOf } from '../test/tables/d1.ts';
import { fillAudit, fillUsage } from '../test/tables/seed.ts';
import { median, verdict } from './figures.ts';

const ROWS = Number(process.env.ROWS ?? 1_000_000);
const ROUNDS = 5;
const DAY = 86_400_000;
const now = Date.now();

const d1 = tablesOf(await startD1());
await setUpTables(d1);
await fillAudit(d1, ROWS, now);
await fillUsage(d1, ROWS, now);

/** @param answer the rows that make up the answer; those that it lists unless it sums up others */
async function measure(name: string, statement: Statement, answer?: number): Promise<void> {
  const times: number[] = [];
  let read = 0;
  let listed = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    const [result] = await d1.run(statement);
    times.push(performance.now() - start);
    read = result?.meta.rows_read ?? Number.NaN;
    listed = result?.results.length ?? 0;
  }
  const rows = answer ?? listed;
  console.log(
    `${name}: ${read} rows read for ${rows}; ${times.map((ms) => ms.toFixed(0)).join(' ')} ms, median ${median(times).toFixed(0)} ms`,
  );
  // A bound in time costs a row to find, even where the answer is empty.
  const most = Math.max(2 * rows, rows + 2);
  verdict(`  at most ${most}`, read <= most);
}

const since = now - DAY;
const until = now - DAY / 2;
/** Two filters that fit together: entry `i` of the last day, as `fillAudit` makes it. */
const i = ROWS - 7919;
const [actor, action, target] = [
  `u_${(i * 7919) % 1000}`,
  `action.${(i * 104_729) % 50}`,
  `t_${(i * 1_299_709) % 5000}`,
];
const lists: Record<string, AuditFilter> = {
  '--since 24h --action x': { since, action },
  '--since 24h --until 12h --action x': { since, until, action },
  '--until 12h --action x': { until, action },
  '--since 24h --actor u': { since, actor },
  '--since 24h --target t': { since, target },
  '--since 24h --action x --actor u': { since, action, actor },
  '--action x --actor u': { action, actor },
  '--since 24h --action x --target t': { since, action, target },
  '--since 24h --actor u --target t': { since, actor, target },
  '--since 24h': { since },
  '--since 24h --until 12h': { since, until },
};
for (const [line, filter] of Object.entries(lists)) {
  await measure(`audit list ${line} -n 50`, listAudit({ ...filter, limit: 50 }));
}
for (const days of [1, 7, 30]) {
  for (const by of ['user', 'endpoint', 'day'] as const) {
    const summed = (ROWS / 100) * (days + 1);
    await measure(
      `usage top --by ${by} --since ${days}d`,
      topUsage(by, now - days * DAY, 10),
      summed,
    );
  }
}
await measure('usage show u_7 --since 30d', usageOfUser('u_7', now - 29 * DAY), 30 * 4);
await d1.engine.dispose();
