import { cp, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { MINIFLARE_VERSION, OLDEST_MINIFLARE } from '../../src/contract/version.ts';
import { startEngine } from '../../src/local/engine.ts';
import { checkVersion } from '../../src/local/miniflare.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();

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
    await expect(engineAlone('alone')).rejects.toMatchObject({
      code: 'no_engine',
      outcome: 'access',
      message: 'the local engine (miniflare) is not installed',
      hint: expect.stringContaining(`npm install -g miniflare@${MINIFLARE_VERSION}`),
    });
  });

  it('when Miniflare is of another major version', async () => {
    const library = join(folder, 'beside', 'node_modules', 'miniflare');
    await mkdir(library, { recursive: true });
    const manifest = { name: 'miniflare', version: '5.20261117.0-beta', main: 'none.js' };
    await writeFile(join(library, 'package.json'), JSON.stringify(manifest));
    await expect(engineAlone('beside')).rejects.toMatchObject({
      code: 'no_engine',
      outcome: 'access',
      message: expect.stringContaining('miniflare 5.20261117.0-beta is installed'),
      hint: expect.stringContaining(`npm install -g miniflare@${MINIFLARE_VERSION}`),
    });
  });

  it('when its Worker was never built', async () => {
    const edge = { name: 'edge', kv: {}, script: join(folder, 'none.js') };
    await expect(startEngine({ ...options(), edge })).rejects.toMatchObject({ code: 'not_built' });
  });
});

/** Starts the engine from a folder of its own, where only what is put beside it is installed. */
async function engineAlone(name: string) {
  const outfile = join(folder, name, 'engine.mjs');
  const bundle = await rolldown({
    input: 'src/local/engine.ts',
    platform: 'node',
    external: ['miniflare'],
  });
  await bundle.write({ format: 'es', file: outfile, codeSplitting: false });
  await cp('dist/workers', join(folder, name, 'workers'), { recursive: true });
  const alone = await import(pathToFileURL(outfile).href);
  return alone.startEngine(options());
}

describe('the versions of Miniflare', () => {
  it.each([OLDEST_MINIFLARE, MINIFLARE_VERSION, '4.20991231.0'])('%s will do', (version) => {
    expect(() => checkVersion(version)).not.toThrow();
  });

  it.each(['3.20250718.3', '4.20260701.0', '5.20261117.0-beta', '5.20990101.0'])(
    '%s will not',
    (version) => {
      expect(() => checkVersion(version)).toThrow(`miniflare ${version} is installed`);
    },
  );

  it('end with the one that the tests run with', () => {
    expect(MINIFLARE_VERSION).toBe(manifest.devDependencies.miniflare);
  });
});
