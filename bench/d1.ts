/**
 * What the queries on D1 read of tables with a million rows, and how long they take: `npm run bench:d1`. Rows are
 * counted by D1 itself (`meta`). The target: at most twice the rows that make up the answer.
 */
import { listAudit } from '../src/tables/audit.ts';
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

async function measure(name: string, statement: Statement, answer: number): Promise<void> {
  const times: number[] = [];
  let read = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    const [result] = await d1.run(statement);
    times.push(performance.now() - start);
    read = result?.meta.rows_read ?? Number.NaN;
  }
  console.log(
    `${name}: ${read} rows read for ${answer}; ${times.map((ms) => ms.toFixed(0)).join(' ')} ms, median ${median(times).toFixed(0)} ms`,
  );
  verdict(`  at most ${2 * answer}`, read <= 2 * answer);
}

const since = now - DAY;
await measure(
  'audit list --since 24h --action x -n 50',
  listAudit({ since, action: 'action.7', limit: 50 }),
  50,
);
await measure('audit list --since 24h -n 50', listAudit({ since, limit: 50 }), 50);
for (const by of ['user', 'endpoint', 'day'] as const) {
  await measure(
    `usage top --by ${by} --since 7d`,
    topUsage(by, now - 7 * DAY, 10),
    (ROWS / 100) * 8,
  );
}
await measure('usage show u_7 --since 30d', usageOfUser('u_7', now - 29 * DAY), 30 * 4);
await d1.engine.dispose();
