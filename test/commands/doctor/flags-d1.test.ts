/** What doctor says of flags where a database is bound. */
import { expect, it } from 'vitest';
import { run } from '../../run.ts';
import { seed } from '../../seed.ts';
import { useTables } from '../../tables/d1.ts';
import { FIRST_GENERATION } from '../../tables/databases.ts';

const d1 = useTables(FIRST_GENERATION);

async function doctor() {
  const { stdout } = await run(`--database ${d1.engine.database.id} doctor --json`, {
    engine: d1.engine,
  });
  const rows = JSON.parse(stdout) as {
    check: string;
    status: string;
    detail: string;
    fix: string;
  }[];
  return (name: string) => rows.find(({ check }) => check === name);
}

it('a document that expires is as it should be: it is a copy', async () => {
  await seed(d1.engine, [{ key: 'feature_flags', value: '{"api_enabled":true}', ttl: 300 }]);
  expect((await doctor())('flags')).toMatchObject({ status: 'ok' });
});

it('flags of the first generation are named whose rollout is ignored', async () => {
  expect((await doctor())('flags in D1')).toMatchObject({
    status: 'warning',
    detail: expect.stringContaining('beta_chat (10%)'),
    fix: expect.stringContaining('goblin flags set'),
  });
  await run(`--database ${d1.engine.database.id} flags set beta_chat 10`, { engine: d1.engine });
  expect((await doctor())('flags in D1')).toMatchObject({ status: 'ok', detail: '5 flags' });
});

it('a database that is not set up yet leaves the flags to KV', async () => {
  await d1.query({ sql: 'DROP TABLE feature_flags' });
  expect((await doctor())('flags in D1')).toMatchObject({
    status: 'warning',
    detail: expect.stringContaining('in KV alone'),
  });
});
