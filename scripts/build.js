/**
 * Builds `dist/`: the CLI as CommonJS, which Node starts sooner than ES modules, split by what loads when;
 * and the Workers of the local engine, each as one file.
 */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { lateBuiltins } from './late-builtins.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Every command needs these, with all that they import, or so many that a file of its own costs more. */
const CORE =
  /\/src\/(program|context|config\/(config|machine)|commands\/(command|kv\/key-argument)|text\/durations|shards\/flags)\.ts$/;

/** What every command needs that speaks to the API; nearly all of them use KV. */
const API = /\/src\/(connect\/(connect|kv)|api\/http|config\/database)\.ts$/;

/** What some commands share, by the name of its file. */
const SHARED = {
  flags: /\/src\/commands\/flags\/(write|rows|stored|edit|names)\.ts$|\/src\/flags\//,
  table: /\/src\/(output\/(table|colour)|arguments\/fields)\.ts$/,
  shards: /\/src\/shards\/list\.ts$/,
  keys: /\/src\/(commands\/kv\/(key-row|expiry-options|value-argument|flags-key)|kv\/expiry)\.ts$/,
};

const cli = {
  plugins: [
    lateBuiltins({
      root,
      ours: (path) => path.startsWith('src/'),
      everywhere: ['main', 'core', 'api'],
      // By the Kerberos login of a proxy, which is not used; and what makes WebSockets faster, if it is installed.
      optional: ['kerberos', 'bufferutil', 'utf-8-validate'],
    }),
  ],
  input: { main: `${root}src/main.ts` },
  platform: 'node',
  preserveEntrySignatures: 'allow-extension',
  external: ['miniflare'],
  checks: { ineffectiveDynamicImport: false },
  // jsonc-parser's "main" is UMD, whose dynamic require cannot be bundled.
  resolve: { mainFields: ['module', 'main'] },
  transform: {
    inject: { Headers: [`${root}src/api/fetch-globals.ts`, 'Headers'] },
    // The SDK asks whether a body is one of these, which would load them; ours never is.
    define: { 'globalThis.ReadableStream': 'undefined', 'globalThis.Blob': 'undefined' },
  },
};

/**
 * Each file costs a third of a millisecond beside what is in it, so what is loaded together is one file:
 * what `--version` loads (the entry), what every command does, what speaks to the API, and what several
 * commands share. The rest comes in the files that fit.
 */
const chunks = {
  groups: [
    { name: 'base', priority: 3, tags: ['$initial'] },
    { name: 'core', priority: 2, test: CORE },
    { name: 'api', priority: 1, test: API },
    ...Object.entries(SHARED).map(([name, test]) => ({ name, test })),
  ],
};

const workers = {
  api: 'src/local/api/index.ts',
  front: 'src/local/front/index.ts',
  upstream: 'src/local/upstream/index.ts',
  edge: 'worker/src/index.ts',
  live: 'worker/live/src/index.ts',
};

/** Builds the CLI into `dist/`, over what is there. */
export async function buildCli() {
  const bundle = await rolldown(cli);
  await bundle.write({
    dir: `${root}dist`,
    format: 'cjs',
    strict: true,
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name]-[hash].cjs',
    minify: true,
    // One character beyond Latin-1 would make V8 keep and scan the whole file in two bytes a character.
    charset: 'ascii',
    codeSplitting: chunks,
    // For the stack of an error that nobody expected (src/contract/stack.ts); Node does not read them by itself.
    sourcemap: true,
    sourcemapExcludeSources: true,
  });
  // jq-web looks for it beside its own code.
  copyFileSync(createRequire(root).resolve('jq-web/jq.wasm'), `${root}dist/jq.wasm`);
}

/** Builds the Workers into `dist/workers/`, over what is there. */
export async function buildWorkers() {
  const build = async ([name, entry]) => {
    const path = `${root}dist/workers/${name}.js`;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, await bundleWorker(root + entry));
  };
  await Promise.all(Object.entries(workers).map(build));
}

/** A Worker with all that it imports, minified. @returns the code of one ES module */
export async function bundleWorker(entry) {
  const bundle = await rolldown({
    input: entry,
    platform: 'browser',
    external: /^(cloudflare|node):/,
    resolve: { conditionNames: ['workerd', 'worker', 'browser'] },
    transform: { target: 'es2023' },
  });
  const { output } = await bundle.generate({ format: 'es', minify: true, codeSplitting: false });
  await bundle.close();
  return output[0].code;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  rmSync(`${root}/dist`, { recursive: true, force: true });
  await Promise.all([buildCli(), buildWorkers()]);
}
