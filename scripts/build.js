/**
 * Builds `dist/`: the CLI as ES modules split by what loads when, and the Workers of the local engine,
 * each as one file.
 */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What every command loads. The rest of `src/` comes in chunks of its own, when it is used. */
const CORE =
  /\/src\/|\/node_modules\/(commander|cloudflare|picocolors|leven|ms|fast-string[^/]*)\//;
const ON_USE =
  /\/src\/((prompt|http|editor)\.ts|output\/csv|stores\/zod|config\/parse-file|local\/|commands\/([a-z]+\/|dev|shards))/;
/** What `--version` loads. */
const BASE = /\/src\/(main|io|errors|version)\.ts$|\/src\/shards\/key\.ts$/;

const cli = {
  input: { main: `${root}src/main.ts` },
  platform: 'node',
  external: ['miniflare'],
  checks: { ineffectiveDynamicImport: false },
  // jsonc-parser's "main" is UMD, whose dynamic require cannot be bundled.
  resolve: { mainFields: ['module', 'main'] },
};

/** Few files: Node takes a millisecond to load one, and a chunk for each shared module made that forty. */
const chunks = {
  groups: [
    { name: 'base', priority: 2, test: BASE },
    { name: 'core', priority: 1, test: (id) => CORE.test(id) && !ON_USE.test(id) },
  ],
};

const workers = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  minify: true,
  logLevel: 'warning',
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
export async function buildCli() {
  const bundle = await rolldown(cli);
  await bundle.write({ dir: `${root}dist`, format: 'esm', minify: true, codeSplitting: chunks });
}

/** Builds the Workers into `dist/workers/`, over what is there. */
export const buildWorkers = () => build(workers);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  rmSync(`${root}/dist`, { recursive: true, force: true });
  await Promise.all([buildCli(), buildWorkers()]);
}
