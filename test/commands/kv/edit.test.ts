import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { useEngine } from '../../engine.ts';
import { useFolder } from '../../folder.ts';
import { type RunOptions, run } from '../../run.ts';
import { seed } from '../../seed.ts';

const engine = useEngine();
const folder = useFolder();
beforeEach(() => seed(engine, [{ key: 'doc', value: '{"a":1}', metadata: { m: 1 }, ttl: 3600 }]));

/** Runs `kv edit` with an editor that is this JavaScript; `path` is the file it was given. */
async function editWith(script: string, line = 'kv edit doc', options: RunOptions = {}) {
  const editor = join(folder, 'editor.mjs');
  const seen = join(folder, 'seen');
  await writeFile(
    editor,
    `import fs from 'node:fs';
     const path = process.argv.at(-1);
     fs.writeFileSync(${JSON.stringify(seen)}, path);
     ${script}`,
  );
  const env = { EDITOR: `"${process.execPath}" "${editor}"` };
  const ran = await run(line, { engine, env, ...options });
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
    const { code, path, stderr } = await editWith(
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
    expect(stderr).toMatch(
      /1 line changed.*\n {2}- "a": 1\n {2}\+ "a": 2\n7 bytes as before, expires .* as before/,
    );
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

  it('counts a time to live from the write on, however long the editor was open', async () => {
    let time = Date.now();
    const { code } = await editWith(`fs.writeFileSync(path, '{"a":2}');`, 'kv edit doc --ttl 60s', {
      now: () => (time += 30_000),
    });
    expect(code).toBe(0);
    expect(await doc()).toMatchObject({ value: '{"a":2}', ttl_seconds: expect.any(Number) });
  });

  it('says what is in the way: no key, no text, no editor, an editor that fails', async () => {
    expect((await run('kv edit nothing', { engine, env: { EDITOR: 'true' } })).code).toBe(3);
    await engine.kv('/values/bytes', { method: 'PUT', body: new Uint8Array([0xff]) });
    expect((await run('kv edit bytes', { engine, env: { EDITOR: 'true' } })).code).toBe(2);
    expect((await run('kv edit doc', { engine })).stderr).toContain('Set VISUAL or EDITOR');
    expect((await editWith('process.exit(7)')).stderr).toContain('ended with 7');
  });
});

describe('kv edit feature_flags', () => {
  const METADATA = { timers: {}, edits: ['before'] };
  const EDIT = `fs.writeFileSync(path, '{"a":true}');`;
  const flags = async () => {
    const { result } = (await (await engine.kv('/metadata/feature_flags')).json()) as {
      result: { edits: string[] };
    };
    return { text: await (await engine.kv('/values/feature_flags')).text(), edits: result?.edits };
  };
  beforeEach(() =>
    seed(engine, [{ key: 'feature_flags', value: '{"a":false}', metadata: METADATA }]),
  );

  it('waits, looks again, and leaves the id by which other runs notice it', async () => {
    const slept: number[] = [];
    const onSleep = (ms: number) => slept.push(ms);
    const { code } = await editWith(EDIT, 'kv edit feature_flags', { onSleep });
    expect({ code, slept }).toEqual({ code: 0, slept: [2000] });
    const { text, edits } = await flags();
    expect(text).toBe('{"a":true}');
    expect(edits).toEqual([expect.stringMatching(/^[0-9a-f]{8}$/), 'before']);
  });

  it('does neither with --no-verify', async () => {
    const slept: number[] = [];
    const onSleep = (ms: number) => slept.push(ms);
    const { code } = await editWith(EDIT, 'kv edit feature_flags --no-verify', { onSleep });
    expect({ code, slept }).toEqual({ code: 0, slept: [] });
  });

  it('is told of an edit that replaced it: exit 1, and the text is kept', async () => {
    const onSleep = () => seed(engine, [{ key: 'feature_flags', value: '{"a":5}' }]);
    const { code, stderr, path } = await editWith(EDIT, 'kv edit feature_flags', { onSleep });
    expect(code).toBe(1);
    expect(stderr).toContain('another edit of the flags came at the same time');
    expect(await readFile(path, 'utf8')).toBe('{"a":true}');
    await rm(dirname(path), { recursive: true });
  });
});
