/**
 * The record by which a command finds a running engine: `<state>/goblin/engine.json`, beside the lock.
 * Readable by its owner alone, because it holds the token.
 */
import { readFileSync, realpathSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { writeWhole } from '../io/write-whole.ts';
import type { Engine } from './engine.ts';
import type { Kind } from './resources.ts';

export interface EngineRecord {
  /** The state folder that the engine serves, by its real path. */
  stateDir: string;
  pid: number;
  apiUrl: string;
  /** The address of the edge Worker, null where the engine runs none. */
  edgeUrl: string | null;
  token: string;
  /** The edge Worker's `ADMIN_TOKEN`, null where it has none. */
  adminToken: string | null;
  /** The ids of the resources it was started with. */
  serves: Record<Kind, string[]>;
  /** RFC 3339. */
  started: string;
}

/**
 * Where the engine of a state keeps what is not state. Inside of the state folder, so that each state has
 * its own under whatever name it is reached; wrangler and Miniflare use only `v3` there.
 */
export const engineFolder = (stateDir: string) => join(stateDir, 'goblin');

/** The lock of whoever runs an engine on a state. */
export const lockFile = (stateDir: string) => join(engineFolder(stateDir), 'lock');

export const recordFile = (stateDir: string) => join(engineFolder(stateDir), 'engine.json');

/**
 * The record of the engine that serves this very state, or null where there is none. One that cannot be read
 * counts as none, and so does one that came with a copy of another state.
 */
export function readRecord(stateDir: string): EngineRecord | null {
  try {
    const record: unknown = JSON.parse(readFileSync(recordFile(stateDir), 'utf8'));
    return isRecord(record) && record.stateDir === realpathSync(stateDir) ? record : null;
  } catch {
    return null;
  }
}

/** Writes the record of this process's engine, whole at once. */
export function writeRecord(
  stateDir: string,
  { apiUrl, edgeUrl, token }: Engine,
  { serves, adminToken }: Pick<EngineRecord, 'serves' | 'adminToken'>,
): void {
  const record: EngineRecord = {
    stateDir: realpathSync(stateDir),
    pid: process.pid,
    apiUrl,
    edgeUrl,
    token,
    adminToken,
    serves,
    started: new Date().toISOString(),
  };
  writeWhole(recordFile(stateDir), `${JSON.stringify(record, null, 2)}\n`);
}

/** For the holder of the lock alone: whatever record there is then has no engine any more. */
export function removeRecord(stateDir: string): void {
  rmSync(recordFile(stateDir), { force: true });
}

function isRecord(value: unknown): value is EngineRecord {
  const record = (value ?? {}) as Record<string, unknown>;
  const texts = [record.stateDir, record.apiUrl, record.token, record.started];
  const { kv, d1 } = (record.serves ?? {}) as Record<string, unknown>;
  return (
    Number.isSafeInteger(record.pid) &&
    texts.every((field) => typeof field === 'string') &&
    URL.canParse(String(record.apiUrl)) &&
    [record.edgeUrl, record.adminToken].every(
      (field) => field === null || typeof field === 'string',
    ) &&
    [kv, d1].every((ids) => Array.isArray(ids))
  );
}

/** A connection that is neither accepted nor refused by then: the engine is there, and busy or paused. */
const PATIENCE_MS = 1_000;

/**
 * The engine that another process serves this state with: its record, while that process lives and its port
 * is open. Found without a request, which would cost each command as much as its own work.
 */
export async function findRunning(stateDir: string): Promise<EngineRecord | null> {
  const record = readRecord(stateDir);
  if (!record || !isAlive(record.pid)) return null;
  return (await isOpen(new URL(record.apiUrl))) ? record : null;
}

/** Whether a process with this id exists, of any user. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The kernel accepts connections for a process that is paused, and refuses them for one that is gone. */
function isOpen({ hostname, port }: URL): Promise<boolean> {
  const socket = connect({ host: hostname, port: Number(port), timeout: PATIENCE_MS });
  const answer = new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('timeout', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
  return answer.finally(() => socket.destroy());
}
