/**
 * How large the upload of each Worker is, minified and gzipped; Cloudflare's limit is on the latter.
 *
 * The Workers are bundled here as `wrangler deploy` does it: by esbuild, with wrangler's options. So this runs on
 * every Node version that goblin does, while wrangler needs Node 22. Wrangler's file ends with the name of
 * its source map, so that `wrangler deploy --dry-run` reports 0.03 KiB more. `npm run bench:size`.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { verdict } from './figures.ts';

/** Of each gzipped upload. */
const LIMIT_KIB = 10.74;
const WORKERS = { edge: '../worker/src/index.ts', 'live Worker': '../worker/live/src/index.ts' };

/** The minified bundle. */
async function bundle(entry: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    define: {
      'navigator.userAgent': '"Cloudflare-Workers"',
      'process.env.NODE_ENV': '"production"',
    },
  });
  const [file] = outputFiles;
  if (!file) throw new Error(`esbuild made no bundle of ${entry}`);
  return file.contents;
}

const inKib = (bytes: number) => bytes / 1024;

for (const [name, path] of Object.entries(WORKERS)) {
  const entry = fileURLToPath(new URL(path, import.meta.url));
  if (!existsSync(entry)) continue;
  const code = await bundle(entry);
  const size = inKib(code.length);
  const gzipped = inKib(gzipSync(code).length);
  console.log(`${name}: minified ${size.toFixed(2)} KiB, gzipped ${gzipped.toFixed(2)} KiB`);
  verdict(`${name} gzipped at most ${LIMIT_KIB} KiB`, gzipped <= LIMIT_KIB);
}
