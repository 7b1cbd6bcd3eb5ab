/** workerd with several isolates of an edge and the one live Worker that holds their limiter. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const require = createRequire(import.meta.url);
const WORKERD: string = createRequire(require.resolve('miniflare'))('workerd').default;
const CONTROL = 3;
/** In memory: Cloudflare's storage does not stop the Worker while a disk writes. */
const FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export interface LimiterEngine {
  /** The isolates' ports. */
  ports: number[];
  /** Calls that were made to the limiter's objects so far. */
  calls(): Promise<number>;
  stop(): Promise<void>;
}

export interface LimiterEngineOptions {
  /** The edge's entry, relative to this folder. */
  entry: string;
  isolates: number;
  /** Without one the edge counts through KV. */
  isLimiterBound?: boolean;
  /** Requests that a client may make in a window, where not the real 100. */
  limit?: number;
  vars: Record<string, string>;
  kvPort: number;
}

export async function startLimiterEngine(options: LimiterEngineOptions): Promise<LimiterEngine> {
  const folder = mkdtempSync(join(FOLDER, 'goblin-limiter-'));
  mkdirSync(join(folder, 'objects'));
  writeFileSync(join(folder, 'edge.js'), await bundle(options.entry, options.limit));
  const live = await bundle('worker/counting-limiter.ts', options.limit);
  writeFileSync(join(folder, 'live.js'), live);
  writeFileSync(join(folder, 'config.capnp'), configOf(options));
  const args = ['serve', `--control-fd=${CONTROL}`, join(folder, 'config.capnp')];
  const stdio = ['ignore', 'inherit', 'inherit', 'pipe'] as const;
  const child = spawn(WORKERD, args, { cwd: folder, stdio: [...stdio] });
  const ports = await portsOf(child.stdio[CONTROL] as Readable, options.isolates + 1);
  return {
    ports: edgeNames(options).map((name) => ports.get(name) as number),
    calls: async () => Number(await (await fetch(`http://127.0.0.1:${ports.get('live')}`)).text()),
    async stop() {
      child.kill();
      await once(child, 'exit');
      rmSync(folder, { recursive: true });
    },
  };
}

/** Ports by the names of the sockets. */
async function portsOf(control: Readable, count: number): Promise<Map<string, number>> {
  const ports = new Map<string, number>();
  for await (const line of createInterface({ input: control })) {
    const { event, socket, port } = JSON.parse(line);
    if (event === 'listen') ports.set(socket, port);
    if (ports.size === count) return ports;
  }
  throw new Error('workerd did not start');
}

async function bundle(entry: string, limit: number | undefined): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [at(entry)],
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
    external: ['cloudflare:*'],
    plugins: limit === undefined ? [] : [withLimit(limit)],
  });
  return outputFiles[0]?.text ?? '';
}

/** The same code with another limit: one that a benchmark does not reach. */
function withLimit(limit: number): Plugin {
  return {
    name: 'limit',
    setup({ onLoad }) {
      onLoad({ filter: /shards[/\\]ratelimit\.ts$/ }, ({ path }) => {
        const text = readFileSync(path, 'utf8');
        const contents = text.replace('RATE_LIMIT = 100;', `RATE_LIMIT = ${limit};`);
        if (contents === text) throw new Error('the limit is not where it was');
        return { contents, loader: 'ts' };
      });
    },
  };
}

const edgeNames = ({ isolates }: LimiterEngineOptions) =>
  Array.from({ length: isolates }, (_, index) => `edge${index}`);

function configOf(options: LimiterEngineOptions): string {
  const texts = Object.entries(options.vars).map(
    ([name, text]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(text)})`,
  );
  const namespace = '(className = "RateLimiter", serviceName = "live")';
  const kv = '(name = "GOBLIN_KV", kvNamespace = "kv")';
  const limiter = `(name = "RATE_LIMITER", durableObjectNamespace = ${namespace})`;
  const { isLimiterBound = true } = options;
  const bindings = [kv, ...(isLimiterBound ? [limiter] : []), ...texts];
  const edges = edgeNames(options).map(
    (name) => `(name = "${name}", worker = (
      modules = [(name = "edge.js", esModule = embed "edge.js")],
      compatibilityDate = "2026-04-26",
      compatibilityFlags = ["enable_request_signal"],
      bindings = [${bindings.join(', ')}],
      globalOutbound = "network",
    ))`,
  );
  const sockets = [...edgeNames(options), 'live'].map(
    (name) => `(name = "${name}", address = "127.0.0.1:0", http = (), service = "${name}")`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    ${edges.join(',\n    ')},
    (name = "live", worker = (
      modules = [(name = "live.js", esModule = embed "live.js")],
      compatibilityDate = "2026-04-26",
      bindings = [${kv}],
      durableObjectNamespaces = [(className = "RateLimiter", uniqueKey = "limiter", enableSql = true)],
      durableObjectStorage = (localDisk = "objects"),
    )),
    (name = "objects", disk = (path = "objects", writable = true)),
    (name = "kv", external = (address = "127.0.0.1:${options.kvPort}", http = ())),
    (name = "network", network = (allow = ["private", "public"])),
  ],
  sockets = [${sockets.join(', ')}],
);
`;
}
