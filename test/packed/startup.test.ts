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

const OF_LIBRARIES = /ID_Continue|Emoji|^\\p\{M\}\+/;

const AT_EXIT = `require('node:fs').writeFileSync(process.env.LOADED, JSON.stringify({
  files: Object.keys(require.cache), modules: process.moduleLoadList }))`;

interface Loaded {
  paths: string[];
  modules: string[];
}

/** Runs a command line on its own. @returns what it had loaded in the end */
async function loadedBy(line: string): Promise<Loaded> {
  api.fill([['k', { value: 'v' }]]);
  const folder = emptyFolder();
  const hook = join(folder, 'hook.cjs');
  const LOADED = join(folder, 'loaded.json');
  writeFileSync(hook, `process.on('exit', () => { ${AT_EXIT} });`);
  const env = { ...target(api), LOADED, NODE_OPTIONS: `--require ${hook}` };
  const { code, stderr } = await goblin(`${line} --namespace-id ${NAMESPACE}`, { env });
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  const { files, modules } = JSON.parse(readFileSync(LOADED, 'utf8'));
  return { paths: files.filter((path: string) => path !== hook), modules };
}

/**
 * What makes V8 slow before anything runs: a character beyond Latin-1 (the file is scanned in two bytes a
 * character), and a pattern of Unicode properties (its sets are built to check it). Libraries have some: commander,
 * and the one that measures text.
 */
function expectQuickSource(code: string): void {
  expect(code).not.toMatch(/[^\0-\xff]/);
  const properties = code.match(/\\p\{\w+\}[^`]{0,40}\/[a-z]*u/g) ?? [];
  expect(properties.filter((pattern) => !OF_LIBRARIES.test(pattern))).toEqual([]);
}

it.each([
  { line: 'kv get k', files: 7, modules: [] },
  { line: 'kv put k v', files: 10, modules: [] },
  // A document of flags has a hash for its version.
  { line: 'flags list', files: 9, modules: ['crypto'] },
])('$line loads at most $files files, and no costly module but $modules', async (limit) => {
  const loaded = await loadedBy(limit.line);
  const files = loaded.paths.map((path) => basename(path));
  expect(files.length, files.join(', ')).toBeLessThanOrEqual(limit.files);
  for (const path of loaded.paths) expectQuickSource(readFileSync(path, 'utf8'));
  const costly = COSTLY.filter((name) => loaded.modules.includes(`NativeModule ${name}`));
  expect(costly).toEqual(limit.modules);
});
