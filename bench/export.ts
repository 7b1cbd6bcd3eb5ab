/**
 * Exporting 100,000 keys with their values, at the pace that Cloudflare's limit allows, and 200,000 to see
 * whether memory grows with them. The API is 50 ms away. `npm run bench:export`; beyond 1,150 requests a
 * client has to wait until five minutes are over, so this takes six.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MemoryRecord, serveMemoryApi } from '../test/memory-server.ts';
import { goblin, type Place } from './contenders.ts';
import { total, verdict } from './figures.ts';
import { latencyProxy } from './latency-proxy.ts';

const LATENCY_MS = 50;
/** The targets, of resident memory for any number of keys, and for the first number. */
const MOST_MB = 150;
const MOST_REQUESTS = 1150;
const SIZES = [100_000, 200_000] as const;

const folder = mkdtempSync(join(tmpdir(), 'goblin-bench-'));
const peakFile = join(folder, 'peak');
const file = join(folder, 'export.ndjson');
const api = await serveMemoryApi();
const proxy = await latencyProxy(api.apiUrl, LATENCY_MS);
const preload = `--import=${new URL('peak.js', import.meta.url).href}`;
const place: Place = {
  apiUrl: proxy.url,
  token: 'bench',
  folder,
  env: { NODE_OPTIONS: preload, PEAK_FILE: peakFile },
};

try {
  for (const size of SIZES) {
    api.fill(conversations(size));
    const name = `export of ${size.toLocaleString('en-US')} keys`;
    const { stdout, requests } = await measure(name, ['export']);
    if (stdout.split('\n').length - 1 !== size) throw new Error('some keys are missing');
    if (size === SIZES[0]) verdict(`at most ${MOST_REQUESTS} requests`, requests <= MOST_REQUESTS);
    writeFileSync(file, stdout);
  }
  api.fill([]);
  await measure('import of the same', ['import', file, '--on-conflict', 'overwrite', '--yes']);
  if (api.size() !== SIZES.at(-1)) throw new Error(`${api.size()} keys were imported`);
} finally {
  await proxy.close();
  await api.close();
  rmSync(folder, { recursive: true, force: true });
}

async function measure(name: string, args: readonly string[]) {
  proxy.takeCounts();
  const { ms, stdout } = await goblin(place, ['kv', ...args]);
  const requests = total(proxy.takeCounts());
  const mb = (Number(readFileSync(peakFile, 'utf8')) * 1024) / 1e6;
  const figures = `${(ms / 1000).toFixed(1)} s, ${requests} requests, ${mb.toFixed(0)} MB at its peak`;
  console.log(`${name}: ${figures}`);
  verdict(`under ${MOST_MB} MB`, mb < MOST_MB);
  return { stdout, requests };
}

/** Values of some 400 bytes, as a conversation of four messages has. */
function* conversations(size: number): Generator<[string, MemoryRecord]> {
  const now = Date.now();
  for (let user = 0; user < size; user++) {
    const preview = `How do I reset the password of account ${user}, please?`.padEnd(70, '.');
    const messages = Array.from({ length: 4 }, (_, at) => ({ timestamp: now + at, preview }));
    yield [
      `conversation:u_${user}`,
      {
        value: JSON.stringify({ messages, last_updated: now }),
        metadata: { messages: 4, last_updated: now },
        expiration: Math.floor(now / 1000) + 3600,
      },
    ];
  }
}
