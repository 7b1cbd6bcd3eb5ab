import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEngine } from '../../src/local/engine.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'goblin-engine-'));
});
afterAll(() => rm(folder, { recursive: true }));

const options = () => ({ stateDir: join(folder, 'state'), namespaces: [] });

describe('an engine that cannot start says why', () => {
  it('when a port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await expect(startEngine({ ...options(), apiPort: port })).rejects.toMatchObject({
      code: 'port_in_use',
      message: expect.stringContaining(String(port)),
    });
    server.close();
  });

  it('when Miniflare is not installed', async () => {
    const outfile = join(folder, 'alone', 'engine.mjs');
    await build({
      entryPoints: ['src/local/engine.ts'],
      bundle: true,
      format: 'esm',
      platform: 'node',
      external: ['miniflare'],
      outfile,
    });
    await cp('dist/workers', join(folder, 'alone', 'workers'), { recursive: true });
    const alone = await import(pathToFileURL(outfile).href);
    await expect(alone.startEngine(options())).rejects.toMatchObject({
      code: 'no_engine',
      outcome: 'access',
      hint: expect.stringContaining('npm install -g miniflare'),
    });
  });

  it('when its Worker was never built', async () => {
    const edge = { name: 'edge', kv: {}, script: join(folder, 'none.js') };
    await expect(startEngine({ ...options(), edge })).rejects.toMatchObject({ code: 'not_built' });
  });
});
