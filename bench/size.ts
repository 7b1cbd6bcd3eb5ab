/**
 * How large the uploads of the edge and of the live Worker are: what `wrangler deploy` says. The limit is on what
 * is sent, gzipped. `npm run bench:size`.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { verdict } from './figures.ts';

/** Of each gzipped upload. */
const LIMIT_KIB = 10.74;
const WORKERS = { edge: '../worker', 'live Worker': '../worker/live' };

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

for (const [name, folder] of Object.entries(WORKERS)) {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [at('../node_modules/wrangler/bin/wrangler.js'), 'deploy', '--dry-run', '--minify'],
    {
      cwd: at(folder),
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CI: '1' },
      encoding: 'utf8',
    },
  );
  const total = /Total Upload: ([\d.]+) KiB \/ gzip: ([\d.]+) KiB/.exec(stdout);
  if (total === null) throw new Error(`wrangler does not say how large the ${name} is:\n${stderr}`);
  const [, size, gzipped] = total;
  process.stdout.write(`${name}: upload ${size} KiB, gzipped ${gzipped} KiB\n`);
  verdict(`${name} gzipped at most ${LIMIT_KIB} KiB`, Number(gzipped) <= LIMIT_KIB);
}
