import { expect, it } from 'vitest';
import { run } from '../../run.ts';
import { FIRST_GENERATION, LATER_VARIANT } from '../../tables/databases.ts';
import { useDatabase } from '../d1/harness.ts';

const test = useDatabase();

const CHECKS = ['schema version', 'indexes', 'columns', 'tokens in D1'];

async function doctor() {
  const env = { GOBLIN_DATABASE: test.d1.engine.database.id };
  const { json } = await run('doctor --json', { engine: test.d1.engine, cwd: '/', env });
  const rows = json() as { check: string; status: string; detail: string; fix: string | null }[];
  return (check: string) => rows.find((row) => row.check === check);
}

it('finds nothing wrong in a database that is migrated', async () => {
  await test.goblin('migrate --yes');
  const found = await doctor();
  expect(CHECKS.map((check) => found(check)?.status)).toEqual(['ok', 'ok', 'ok', 'skipped']);
});

it('names what the first generation left', async () => {
  await test.d1.query({ sql: FIRST_GENERATION });
  const found = await doctor();
  expect(found('schema version')).toMatchObject({
    status: 'warning',
    detail: expect.stringContaining('0002_structured_memory.sql'),
    fix: expect.stringContaining('goblin d1 migrate'),
  });
  expect(found('columns')).toMatchObject({
    status: 'warning',
    detail: expect.stringContaining('user_preferences, audit_logs, feature_flags, api_usage'),
  });
  expect(found('tokens in D1')).toMatchObject({
    status: 'warning',
    detail: expect.stringContaining('1 token in plain text'),
  });
  await test.d1.query({ sql: 'DELETE FROM sessions' });
  expect((await doctor())('tokens in D1')?.status).toBe('ok');
});

it('names an index that is missing and how to make it again, and tables of another shape', async () => {
  await test.goblin('migrate --yes');
  await test.d1.query({ sql: 'DROP INDEX audit_logs_action' });
  const missing = (await doctor())('indexes');
  expect(missing).toMatchObject({
    status: 'warning',
    detail: 'missing indexes: audit_logs_action',
    fix: expect.stringContaining('CREATE INDEX audit_logs_action ON audit_logs (action)'),
  });
  for (const name of await test.tables()) await test.d1.query({ sql: `DROP TABLE ${name}` });
  await test.d1.query({ sql: LATER_VARIANT });
  expect((await doctor())('columns')?.fix).toContain('goblin d1 adopt --dry-run');
});
