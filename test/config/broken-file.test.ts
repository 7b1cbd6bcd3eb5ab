import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { diskFiles } from '../../src/config/files.ts';
import { readWranglerFile } from '../../src/config/wrangler-file.ts';
import { fakeMachine } from './fake-machine.ts';

function read(name: string, text: string, env?: string) {
  const { files } = fakeMachine({ disk: { [`/repo/${name}`]: text } });
  const environment = env === undefined ? undefined : { value: env, origin: '--env' };
  return readWranglerFile(files, '/repo', { config: undefined, environment });
}

function readJson(value: unknown) {
  return read('wrangler.json', JSON.stringify(value));
}

const deep = '['.repeat(100_000);

describe('a wrangler file that cannot be parsed', () => {
  it.each([
    ['wrangler.toml', 'name = "x"\nid = "a\n', 'wrangler.toml:2:8 cannot be read: '],
    ['wrangler.toml', 'a = 1\na = 2', 'wrangler.toml:2:1 cannot be read: '],
    ['wrangler.toml', `a = ${deep}`, 'wrangler.toml:1:'],
    ['wrangler.jsonc', '{\n  "a": x\n}', 'wrangler.jsonc:2:8 cannot be read: invalid symbol'],
    ['wrangler.json', '', 'wrangler.json:1:1 cannot be read: value expected'],
    ['wrangler.json', '[1]', 'wrangler.json cannot be read: it holds a single value or a list'],
    ['wrangler.json', deep, 'wrangler.json cannot be read: it is nested too deeply'],
  ])('%s: %.20j', async (name, text, message) => {
    await expect(read(name, text)).rejects.toMatchObject({
      outcome: 'usage',
      code: 'broken_config',
      message: expect.stringContaining(message),
    });
  });

  it('is not quoted, for its lines may hold secrets', async () => {
    const text = 'vars = { API_KEY = "hunter2" \nname = "x"';
    const error = await read('wrangler.toml', text).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'broken_config' });
    expect((error as Error).message).not.toContain('hunter2');
  });
});

describe('a wrangler file with a value of the wrong kind', () => {
  const list = 'has to be a list of tables';
  it.each([
    [{ account_id: 17 }, 'account_id in wrangler.json has to be text, but is a number'],
    [{ name: null }, 'name in wrangler.json has to be text, but is null'],
    [{ kv_namespaces: {} }, `kv_namespaces in wrangler.json ${list}, but is a table`],
    [
      { kv_namespaces: ['a'] },
      'kv_namespaces[0] in wrangler.json has to be a table, but is a string',
    ],
    [{ kv_namespaces: [{ id: 'a' }] }, 'wrangler.json kv_namespaces[0] has no binding'],
    [{ kv_namespaces: [{ binding: '' }] }, 'wrangler.json kv_namespaces[0] has no binding'],
    [
      { kv_namespaces: [{ binding: 'K', id: [1] }] },
      'id in wrangler.json kv_namespaces[0] has to be text, but is a list',
    ],
    [{ d1_databases: true }, `d1_databases in wrangler.json ${list}, but is a boolean`],
    [{ durable_objects: [] }, 'durable_objects in wrangler.json has to be a table, but is a list'],
    [
      { durable_objects: { bindings: [{ name: 'R' }] } },
      'wrangler.json durable_objects bindings[0] has no class_name',
    ],
    [{ env: 'staging' }, 'env in wrangler.json has to be a table, but is a string'],
  ])('%j', async (value, message) => {
    await expect(readJson(value)).rejects.toMatchObject({ code: 'broken_config', message });
  });

  it.each(['constructor', '__proto__', 'toString'])('has no %s of its own', async (env) => {
    for (const text of ['{"env":{"a":{}}}', '{}', '{"__proto__":{"env":{"a":{}}}}']) {
      const error = { code: 'unknown_environment' };
      await expect(read('wrangler.json', text, env)).rejects.toMatchObject(error);
    }
  });
});

describe('a wrangler file on a real disk', () => {
  function folder(): string {
    const dir = mkdtempSync(join(tmpdir(), 'goblin-config-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    return dir;
  }
  const asked = { config: undefined, environment: undefined };

  it('may begin with a byte order mark', async () => {
    const dir = folder();
    writeFileSync(join(dir, 'wrangler.json'), '\uFEFF{"name":"edge"}');
    expect(await readWranglerFile(diskFiles, dir, asked)).toMatchObject({
      name: { value: 'edge' },
    });
  });

  it('says so where it may not be read', async () => {
    const dir = folder();
    const path = join(dir, 'wrangler.toml');
    writeFileSync(path, '');
    chmodSync(path, 0);
    // Root reads every file, and Windows knows no such mode: a folder in its place fails the same way.
    const read = () => diskFiles.readText(process.getuid?.() === 0 ? dir : path);
    expect(read).toThrowError(
      expect.objectContaining({ code: 'unreadable_file', outcome: 'failed' }),
    );
  });

  it('is not a folder that has its name, nor below a file', () => {
    const dir = folder();
    writeFileSync(join(dir, 'file'), '');
    expect(diskFiles.isFile(dir)).toBe(false);
    expect(diskFiles.isFile(join(dir, 'file', 'wrangler.toml'))).toBe(false);
    expect(diskFiles.list(join(dir, 'none'))).toEqual([]);
  });
});
