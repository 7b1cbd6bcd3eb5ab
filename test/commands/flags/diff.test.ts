import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { useEngine } from '../../engine.ts';
import { useFolder } from '../../folder.ts';
import { remoteEnv, run } from '../../run.ts';
import { flagStore } from './store.ts';

const engine = useEngine();
const folder = useFolder();
beforeAll(async () => {
  const wrangler = {
    name: 'edge',
    kv_namespaces: [{ binding: 'GOBLIN_KV', id: engine.namespace }],
    env: {
      staging: { kv_namespaces: [{ binding: 'GOBLIN_KV', id: engine.spare }] },
      twin: { kv_namespaces: [{ binding: 'GOBLIN_KV', id: engine.spare }] },
    },
  };
  await writeFile(join(folder, 'wrangler.json'), JSON.stringify(wrangler));
});

const { put, clear } = flagStore(() => engine);
const putStaging = (value: string) =>
  engine.api(`/accounts/any/storage/kv/namespaces/${engine.spare}/values/feature_flags`, {
    method: 'PUT',
    body: value,
  });
const goblin = (line: string, stdin = '') =>
  run(line, { env: remoteEnv(engine), cwd: folder, stdin });

beforeEach(async () => {
  await clear();
  await putStaging('{}');
});

describe('flags diff', () => {
  it('compares two environments, and is exit 8 where they differ', async () => {
    await put({ a: true, b: 5 });
    await putStaging('{"a":25,"c":true,"b":5}');
    const { code, json, stderr } = await goblin('flags diff --from staging --json');
    expect(code).toBe(8);
    expect(json()).toMatchObject([
      { flag: 'a', change: 'set', from: 25, to: true },
      { flag: 'c', change: 'remove', from: true, to: null },
    ]);
    expect(JSON.parse(stderr).error).toMatchObject({ message: '2 flags differ' });
    const other = await goblin("flags diff --from '' --to staging --json");
    expect(other.json()).toMatchObject([
      { flag: 'a', from: true, to: 25 },
      { flag: 'c', change: 'add' },
    ]);
  });

  it('compares with a file, both ways', async () => {
    await put({ a: true, b: 5 });
    const { code, stdout } = await goblin('flags diff -', '{"flags":{"a":true,"c":1}}');
    expect(code).toBe(8);
    expect(stdout).toMatch(/^b +remove +5% +-\nc +add +- +1%$/m);
  });

  it('is exit 0 where nothing differs, whatever the order', async () => {
    await put({ a: true, b: 5 });
    await putStaging('{"b":5,"a":true}');
    const { code, stdout, stderr } = await goblin('flags diff --to staging');
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: '',
      stderr: 'They are the same.\n',
    });
  });

  it('names the environment whose document is broken', async () => {
    await putStaging('oops');
    const { code, stderr } = await goblin('flags diff --from staging');
    expect(code).toBe(1);
    expect(stderr).toContain('the stored flags in staging are broken');
  });

  it.each([
    ['flags diff', 'nothing to compare with'],
    ['flags diff - --from staging', 'exclude each other'],
    ['flags diff --from staging --to twin', 'both environments use the same KV namespace'],
    ['flags diff --from stagin', 'no environment stagin'],
  ])('%s is exit 2', async (line, message) => {
    const { code, stderr } = await goblin(line, '{"flags":{}}');
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
