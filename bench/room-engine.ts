/** workerd by itself with rooms on a disk: to be loaded, and to be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorker } from '../scripts/build.js';
import { portOf } from './workerd.ts';

const require = createRequire(import.meta.url);
const WORKERD: string = createRequire(require.resolve('miniflare'))('workerd').default;
const CLASSES = ['ChatRoom', 'Relay', 'CoalescingRelay'];
const CONTROL = 3;

export interface RoomEngine {
  pid: number;
  port: number;
  /** Ends it as a power cut would, and waits for that. */
  kill(): Promise<void>;
  /** Bytes of memory that it has in use. */
  memory(): number;
}

/**
 * Starts an engine on what is stored in a folder.
 * @param vars the live Worker's variables
 */
export async function startRoomEngine(
  folder: string,
  vars: Record<string, string> = {},
): Promise<RoomEngine> {
  mkdirSync(join(folder, 'rooms'), { recursive: true });
  writeFileSync(join(folder, 'worker.js'), await bundle());
  writeFileSync(join(folder, 'config.capnp'), configOf(vars));
  const args = ['serve', `--control-fd=${CONTROL}`, join(folder, 'config.capnp')];
  const child = spawn(WORKERD, args, {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  });
  const port = await portOf(child);
  return {
    pid: child.pid as number,
    port,
    kill: () => kill(child),
    memory: () => residentBytes(child.pid as number),
  };
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** As Linux tells it. */
function residentBytes(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1024;
}

let bundled: Promise<string> | undefined;

function bundle(): Promise<string> {
  bundled ??= bundleWorker(fileURLToPath(new URL('worker/rooms.ts', import.meta.url)));
  return bundled;
}

function configOf(vars: Record<string, string>): string {
  const texts = Object.entries(vars).map(
    ([name, text]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(text)})`,
  );
  const bindings = CLASSES.map((name) => `(name = "${name}", durableObjectNamespace = "${name}")`);
  const namespaces = CLASSES.map(
    (name) => `(className = "${name}", uniqueKey = "${name}", enableSql = true)`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = "2026-04-26",
      bindings = [${[...bindings, ...texts].join(', ')}],
      durableObjectNamespaces = [${namespaces.join(', ')}],
      durableObjectStorage = (localDisk = "disk"),
    )),
    (name = "disk", disk = (path = "rooms", writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`;
}
