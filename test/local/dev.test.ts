/** `goblin dev` with wrangler files as users have them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { dev, endAll, goblin } from './goblin.ts';

let root: string;
let state: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'goblin-dev-'));
  state = join(root, 'state');
});
afterEach(async () => {
  await endAll();
  rmSync(root, { recursive: true, force: true });
});

/** Words for a wrangler file with these KV bindings. */
function config(...bindings: string[]): string[] {
  const file = join(root, 'wrangler.toml');
  const tables = bindings.map((name) => `[[kv_namespaces]]\nbinding = "${name}"\n`);
  writeFileSync(file, `name = "w"\n${tables.join('')}`);
  return ['--config', file];
}

it.each([
  ['under another name', ['GOBLIN_CACHE'], []],
  ['that is chosen of several', ['ONE', 'OTHER'], ['--binding', 'OTHER']],
  ['that is chosen against the usual name', ['GOBLIN_KV', 'OTHER'], ['--binding', 'OTHER']],
  ['that the file does not bind', ['ONE'], ['--namespace-id', '0123456789abcdef0123456789abcdef']],
])('the edge works in the namespace in use, one %s', async (_, bindings, chosen) => {
  const words = [...config(...bindings), ...chosen];
  const { edgeUrl } = await dev(state, ...words);
  const switched = await goblin(state, 'flags', 'set', 'api_enabled', 'false', '--yes', ...words);
  expect(switched.code).toBe(0);
  // The first answer of a new edge has waited for its flags.
  expect((await fetch(`${edgeUrl}/models`)).status).toBe(503);
});

it('a file that does not say which namespace is refused before anything starts', async () => {
  const { code, stderr } = await goblin(state, 'dev', ...config('ONE', 'OTHER'));
  expect([code, stderr]).toEqual([2, expect.stringContaining('--binding')]);
});
