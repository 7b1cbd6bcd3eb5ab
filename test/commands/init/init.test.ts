import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { useFolder } from '../../folder.ts';
import { MEMORY_ENV, memoryApi } from '../../memory-api.ts';
import { run } from '../../run.ts';

const parent = useFolder();
let folder: string;
let made = 0;
beforeEach(async () => {
  folder = join(parent, String(made++));
  await mkdir(folder);
});

const ID = '0123456789abcdef0123456789abcdef';
const file = () => readFile(join(folder, 'wrangler.toml'), 'utf8');
const settings = async (env: Record<string, string> = { GOBLIN_TARGET: 'local' }) => {
  const rows = (await run('config show --json', { cwd: folder, env })).json() as {
    setting: string;
    value: string | null;
  }[];
  return Object.fromEntries(rows.map(({ setting, value }) => [setting, value]));
};

describe('goblin init', () => {
  it('writes a file by which commands find the namespace', async () => {
    const { code, stdout, stderr } = await run('init', { cwd: folder });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('Wrote wrangler.toml');
    expect(await settings()).toMatchObject({
      worker: 'goblin-edge',
      namespace: 'GOBLIN_KV',
      'wrangler file': 'wrangler.toml',
      database: null,
    });
  });

  it('takes names and ids into it', async () => {
    const line = `init --name my-edge --namespace-id ${ID} --binding MEMORY --database goblin-db`;
    expect((await run(line, { cwd: folder, env: { CLOUDFLARE_ACCOUNT_ID: ID } })).code).toBe(0);
    expect(await settings({ CLOUDFLARE_API_TOKEN: 'a-token' })).toMatchObject({
      account: ID,
      worker: 'my-edge',
      namespace: `MEMORY (${ID})`,
      database: 'DB (as deployed with my-edge)',
    });
    const { fetch } = memoryApi([{ key: 'a', value: 'one' }]);
    const got = await run('kv get a', { cwd: folder, env: MEMORY_ENV, fetch });
    expect(got).toMatchObject({ code: 0, stdout: 'one' });
  });

  it('takes the id of a database for one', async () => {
    const id = '01234567-89ab-cdef-0123-456789abcdef';
    const { stdout } = await run(`init --print --database ${id}`, { cwd: folder });
    expect(stdout).toContain(`\n[[d1_databases]]\nbinding = "DB"\ndatabase_id = "${id}"\n`);
  });

  it('prints it alone with --print, and writes nothing', async () => {
    const { code, stdout, stderr } = await run('init --print', { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    await expect(file()).rejects.toThrow('ENOENT');
    await run('init', { cwd: folder });
    expect(await file()).toBe(stdout);
  });

  it.each(['wrangler.toml', 'wrangler.json', 'wrangler.jsonc'])(
    'leaves a %s alone',
    async (name) => {
      await writeFile(join(folder, name), 'mine');
      const { code, stderr } = await run('init', { cwd: folder });
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: expect.stringContaining(`${name} exists`),
      });
      expect(await readFile(join(folder, name), 'utf8')).toBe('mine');
    },
  );

  it('says which file it takes the place of', async () => {
    await mkdir(join(folder, 'worker'));
    await writeFile(join(folder, 'worker', 'wrangler.toml'), 'name = "a"');
    const { code, stderr } = await run('init', { cwd: folder });
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining('in place of worker/wrangler.toml'),
    });
  });

  it('is refused in a read-only run', async () => {
    expect((await run('init --read-only', { cwd: folder })).code).toBe(4);
    await expect(file()).rejects.toThrow('ENOENT');
  });
});

describe('an empty folder', () => {
  it('is told of goblin init by config show, but not once there is a file', async () => {
    const env = { GOBLIN_TARGET: 'local' };
    expect((await run('config show', { cwd: folder, env })).stderr).toContain('`goblin init`');
    await run('init', { cwd: folder });
    expect((await run('config show', { cwd: folder, env })).stderr).not.toContain('init');
  });

  it('is told of goblin init by doctor', async () => {
    const { stdout } = await run('doctor --json', {
      cwd: folder,
      env: MEMORY_ENV,
      fetch: memoryApi().fetch,
    });
    const rows = JSON.parse(stdout) as { check: string; fix?: string }[];
    expect(rows.find(({ check }) => check === 'bindings')?.fix).toContain('`goblin init`');
    // On a narrow terminal the table has no room for it.
    const { stderr } = await run('doctor --local', { cwd: folder, tty: true });
    expect(stderr).toContain('namespace: `goblin init` writes one');
  });
});
