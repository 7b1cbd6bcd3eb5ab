/**
 * How large the edge Worker's upload is: what `wrangler deploy` says. The limit is on what is sent, gzipped.
 * `npm run bench:size`.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { verdict } from './figures.ts';

/** Of the gzipped upload. */
const LIMIT_KIB = 10.74;

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const { stdout, stderr } = spawnSync(
  process.execPath,
  [at('../node_modules/wrangler/bin/wrangler.js'), 'deploy', '--dry-run', '--minify'],
  {
    cwd: at('../worker'),
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CI: '1' },
    encoding: 'utf8',
  },
);
const total = /Total Upload: ([\d.]+) KiB \/ gzip: ([\d.]+) KiB/.exec(stdout);
if (total === null) throw new Error(`wrangler does not say how large the upload is:\n${stderr}`);
const [, size, gzipped] = total;
process.stdout.write(`upload ${size} KiB, gzipped ${gzipped} KiB\n`);
verdict(`gzipped at most ${LIMIT_KIB} KiB`, Number(gzipped) <= LIMIT_KIB);
