/**
 * Builds `dist/`: the CLI as ES modules split by what loads when, and the Workers of the local engine,
 * each as one file.
 */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

const shared = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  minify: true,
  logLevel: 'warning',
};

const cli = {
  ...shared,
  entryPoints: ['src/main.ts'],
  outdir: 'dist',
  platform: 'node',
  // jsonc-parser's "main" is UMD, whose dynamic require cannot be bundled.
  mainFields: ['module', 'main'],
  target: 'node20',
  splitting: true,
  external: ['miniflare'],
  // commander and others are CommonJS and ask for Node's own modules by `require`.
  banner: {
    js: "import { createRequire as forRequire } from 'node:module'; const require = forRequire(import.meta.url);",
  },
};

const workers = {
  ...shared,
  entryPoints: {
    api: 'src/local/api/index.ts',
    upstream: 'src/local/upstream/index.ts',
    edge: 'worker/src/index.ts',
  },
  platform: 'browser',
  outdir: 'dist/workers',
  conditions: ['workerd', 'worker', 'browser'],
  external: ['cloudflare:*', 'node:*'],
  target: 'es2023',
};

/** Builds the CLI into `dist/`, over what is there. */
export const buildCli = () => build(cli);

/** Builds the Workers into `dist/workers/`, over what is there. */
export const buildWorkers = () => build(workers);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  rmSync(`${root}/dist`, { recursive: true, force: true });
  await Promise.all([buildCli(), buildWorkers()]);
}
