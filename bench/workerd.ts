/** workerd by itself: one Worker, with KV and the backend elsewhere, as at Cloudflare. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { cpuMs } from './process-cpu.ts';

const require = createRequire(import.meta.url);
const WORKERD: string = createRequire(require.resolve('miniflare'))('workerd').default;
const COMPATIBILITY_DATE = '2026-04-26';
const CONTROL = 3;

export interface Workerd {
  port: number;
  /** Milliseconds that it has computed so far. */
  cpu(): number;
  stop(): Promise<void>;
}

export interface WorkerdOptions {
  /** A bundled module. */
  script: string;
  vars: Record<string, string>;
  kvPort: number;
  /** Of a process that speaks D1's protocol; no database where it is left out. */
  d1Port?: number | undefined;
}

/** Starts a Worker on any free port. */
export async function startWorkerd(options: WorkerdOptions): Promise<Workerd> {
  const folder = mkdtempSync(join(tmpdir(), 'goblin-bench-'));
  writeFileSync(join(folder, 'worker.js'), options.script);
  writeFileSync(join(folder, 'config.capnp'), configOf(options));
  const args = ['serve', `--control-fd=${CONTROL}`, join(folder, 'config.capnp')];
  const child = spawn(WORKERD, args, { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] });
  const port = await portOf(child);
  return {
    port,
    cpu: () => cpuMs(child.pid),
    async stop() {
      child.kill();
      await once(child, 'exit');
      rmSync(folder, { recursive: true });
    },
  };
}

/** workerd tells the ports it listens on as lines of JSON. */
export async function portOf(child: ChildProcess): Promise<number> {
  const lines = createInterface({ input: child.stdio[CONTROL] as Readable });
  for await (const line of lines) {
    const { event, port } = JSON.parse(line) as { event: string; port: number };
    if (event === 'listen') return port;
  }
  throw new Error('workerd did not start');
}

function configOf({ vars, kvPort, d1Port }: WorkerdOptions): string {
  const texts = Object.entries(vars).map(
    ([name, text]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(text)})`,
  );
  const database =
    'wrapped = (moduleName = "cloudflare-internal:d1-api", innerBindings = [(name = "fetcher", service = "d1")])';
  const bindings = ['(name = "GOBLIN_KV", kvNamespace = "kv")', ...texts];
  const services = [`(name = "kv", external = (address = "127.0.0.1:${kvPort}", http = ()))`];
  if (d1Port !== undefined) {
    bindings.push(`(name = "DB", ${database})`);
    services.push(`(name = "d1", external = (address = "127.0.0.1:${d1Port}", http = ()))`);
  }
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "edge", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = "${COMPATIBILITY_DATE}",
      compatibilityFlags = ["enable_request_signal"],
      bindings = [${bindings.join(', ')}],
      globalOutbound = "network",
    )),
    ${services.join(',\n    ')},
    (name = "network", network = (allow = ["private", "public"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "edge")],
);
`;
}
