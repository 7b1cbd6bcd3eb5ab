/** What a command loads before it does anything: files of the package, and modules of Node. */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type MemoryApi, serveMemoryApi } from '../memory-server.ts';
import { emptyFolder, goblin, NAMESPACE, target } from './goblin.ts';

let api: MemoryApi;
beforeAll(async () => {
  api = await serveMemoryApi();
});
afterAll(() => api.close());

/** Modules of Node that take a millisecond or more each. A plain command without TLS has no use for them. */
const COSTLY = [
  'crypto',
  'tls',
  'zlib',
  'perf_hooks',
  'child_process',
  'internal/deps/undici/undici',
];

const AT_EXIT = `require('node:fs').writeFileSync(process.env.LOADED, JSON.stringify({
  files: Object.keys(require.cache), modules: process.moduleLoadList }))`;

/** Runs a command line on its own. @returns what it had loaded in the end */
async function loadedBy(line: string): Promise<{ files: string[]; modules: string[] }> {
  api.fill([['k', { value: 'v' }]]);
  const folder = emptyFolder();
  const hook = join(folder, 'hook.cjs');
  const LOADED = join(folder, 'loaded.json');
  writeFileSync(hook, `process.on('exit', () => { ${AT_EXIT} });`);
  const env = { ...target(api), LOADED, NODE_OPTIONS: `--require ${hook}` };
  const { code, stderr } = await goblin(`${line} --namespace-id ${NAMESPACE}`, { env });
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  const { files, modules } = JSON.parse(readFileSync(LOADED, 'utf8'));
  return { files: files.map((path: string) => basename(path)), modules };
}

it.each([
  { line: 'kv get k', files: 7, modules: [] },
  { line: 'kv put k v', files: 10, modules: [] },
  // A document of flags has a hash for its version.
  { line: 'flags list', files: 9, modules: ['crypto'] },
])('$line loads at most $files files, and no costly module but $modules', async (limit) => {
  const loaded = await loadedBy(limit.line);
  const files = loaded.files.filter((name) => name !== 'hook.cjs');
  expect(files.length, files.join(', ')).toBeLessThanOrEqual(limit.files);
  const costly = COSTLY.filter((name) => loaded.modules.includes(`NativeModule ${name}`));
  expect(costly).toEqual(limit.modules);
});
