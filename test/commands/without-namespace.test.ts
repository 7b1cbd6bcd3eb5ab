/** A wrangler file that binds a D1 database and no KV namespace: what needs no namespace works. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from '../engine.ts';
import { useFolder } from '../folder.ts';
import { DATABASE } from '../local/d1.ts';
import { remoteEnv, run } from '../run.ts';

const engine = useEngine({ databases: [DATABASE] });
const cwd = useFolder();
beforeAll(async () => {
  const binding = `binding = "DB"\ndatabase_name = "${DATABASE.name}"\ndatabase_id = "${DATABASE.id}"`;
  await writeFile(join(cwd, 'wrangler.toml'), `name = "w"\n[[d1_databases]]\n${binding}\n`);
});

const goblin = (line: string, env: Record<string, string> = remoteEnv(engine)) =>
  run(line, { cwd, env });

interface Check {
  check: string;
  status: string;
  detail: string;
}

describe('a wrangler file with a D1 database alone', () => {
  it('is shown, each resource with its origin', async () => {
    const { code, json } = await goblin('config show --json');
    expect(code).toBe(0);
    expect(json()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          setting: 'database',
          value: `DB (${DATABASE.id})`,
          origin: 'wrangler.toml d1_databases',
          problem: null,
        }),
        expect.objectContaining({
          setting: 'namespace',
          value: null,
          problem: expect.stringContaining('there is no KV namespace'),
        }),
      ]),
    );
  });

  it.each([
    ['remote', () => goblin('doctor --json')],
    ['local', () => goblin('doctor --json --local', {})],
  ])('is checked by doctor without a failure: %s', async (_, doctor) => {
    const { code, stdout } = await doctor();
    const rows = JSON.parse(stdout) as Check[];
    expect(rows.filter(({ status }) => status === 'failed')).toEqual([]);
    expect(code).toBe(0);
    expect(rows.find(({ check }) => check === 'database')).toMatchObject({
      status: 'ok',
      detail: expect.stringContaining(DATABASE.name),
    });
    expect(rows.find(({ check }) => check === 'namespace')?.status).toBe('skipped');
  });

  it.each(['kv list', 'flags list', 'sessions list'])(
    'lets `%s` say what it needs',
    async (line) => {
      const { code, stderr, stdout } = await goblin(`${line} --json`);
      expect([code, stdout]).toEqual([2, '']);
      expect(JSON.parse(stderr).error).toMatchObject({
        code: 'no_namespace',
        message: expect.stringContaining('there is no KV namespace'),
        hint: expect.stringContaining('--namespace-id'),
      });
    },
  );

  it('does not hide that the database is not there', async () => {
    const { code, stdout } = await goblin('doctor --json --database other');
    expect(code).toBe(8);
    const found = (JSON.parse(stdout) as Check[]).find(({ check }) => check === 'database');
    expect(found).toMatchObject({ status: 'failed', detail: '--database: no D1 database other' });
  });
});
