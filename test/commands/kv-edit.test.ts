import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestEngine, type TestEngine } from '../engine.ts';
import { run } from '../run.ts';
import { seed } from '../seed.ts';

let engine: TestEngine;
let folder: string;
beforeAll(async () => {
  engine = await startTestEngine();
  folder = await mkdtemp(join(tmpdir(), 'goblin-edit-'));
});
afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true });
});
beforeEach(() => seed(engine, [{ key: 'doc', value: '{"a":1}', metadata: { m: 1 }, ttl: 3600 }]));

/** Runs `kv edit` with an editor that is this JavaScript; `path` is the file it was given. */
async function editWith(script: string, line = 'kv edit doc') {
  const editor = join(folder, 'editor.mjs');
  const seen = join(folder, 'seen');
  await writeFile(
    editor,
    `import fs from 'node:fs';
     const path = process.argv.at(-1);
     fs.writeFileSync(${JSON.stringify(seen)}, path);
     ${script}`,
  );
  const ran = await run(line, { engine, env: { EDITOR: `"${process.execPath}" "${editor}"` } });
  return { ...ran, path: await readFile(seen, 'utf8') };
}

const doc = async () => (await run('kv get doc --json', { engine })).json();
const there = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

describe('kv edit', () => {
  it('writes what the editor left, keeps expiry and metadata, and removes its private file', async () => {
    const before = await doc();
    const { code, path } = await editWith(
      `if (fs.statSync(path).mode & 0o077) throw new Error('others may read it');
       fs.writeFileSync(path, fs.readFileSync(path, 'utf8').replace('1', '2'));`,
    );
    expect(code).toBe(0);
    expect(await doc()).toEqual({
      ...(before as object),
      value: '{"a":2}',
      ttl_seconds: expect.any(Number),
    });
    expect(await there(dirname(path))).toBe(false);
  });

  it('writes nothing where nothing was changed', async () => {
    const { code, stdout, stderr } = await editWith('', 'kv edit doc -v');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('Nothing was changed');
    expect(stderr).not.toContain('write');
  });

  it('changes the expiry of an unchanged value where that is asked for', async () => {
    await editWith('', 'kv edit doc --no-expire');
    expect(await doc()).toMatchObject({ value: '{"a":1}', expires_at: null, metadata: { m: 1 } });
  });

  it('refuses JSON that is none any more, and keeps the text', async () => {
    const { code, stderr, path } = await editWith(`fs.writeFileSync(path, '{"a":');`);
    expect(code).toBe(2);
    expect(stderr).toContain(path);
    expect(await readFile(path, 'utf8')).toBe('{"a":');
    expect(await doc()).toMatchObject({ value: '{"a":1}' });
    await rm(dirname(path), { recursive: true });
  });

  it('does not overwrite what somebody else wrote meanwhile', async () => {
    const url = `${engine.apiUrl}/accounts/any/storage/kv/namespaces/${engine.namespace}/values/doc`;
    const { code, stderr, path } = await editWith(
      `fs.writeFileSync(path, '{"a":3}');
       await fetch(${JSON.stringify(url)}, { method: 'PUT', body: '{"a":9}',
         headers: { authorization: ${JSON.stringify(`Bearer ${engine.token}`)} } });`,
    );
    expect(code).toBe(1);
    expect(stderr).toContain('changed since you opened it');
    expect(await readFile(path, 'utf8')).toBe('{"a":3}');
    expect(await doc()).toMatchObject({ value: '{"a":9}' });
    await rm(dirname(path), { recursive: true });
  });

  it('says what is in the way: no key, no text, no editor, an editor that fails', async () => {
    expect((await run('kv edit nothing', { engine, env: { EDITOR: 'true' } })).code).toBe(3);
    await engine.kv('/values/bytes', { method: 'PUT', body: new Uint8Array([0xff]) });
    expect((await run('kv edit bytes', { engine, env: { EDITOR: 'true' } })).code).toBe(2);
    expect((await run('kv edit doc', { engine })).stderr).toContain('Set VISUAL or EDITOR');
    expect((await editWith('process.exit(7)')).stderr).toContain('ended with 7');
  });
});
