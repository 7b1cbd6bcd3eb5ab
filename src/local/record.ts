/**
 * The record by which a command finds a running engine: `<state>/goblin/engine.json`, beside the lock.
 * Readable by its owner alone, because it holds the token.
 */
import { readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from '../io/write-whole.ts';
import type { Engine } from './engine.ts';

export interface EngineRecord {
  /** The state folder that the engine serves, by its real path. */
  stateDir: string;
  pid: number;
  apiUrl: string;
  edgeUrl: string | null;
  token: string;
  /** Ids of the KV namespaces it serves. */
  namespaces: string[];
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
 * The record of the engine that serves this very state, or null where there is none. One that cannot be
 * read is as good as none, and so is one that came with a copy of another state.
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
  namespaces: string[],
): void {
  const record: EngineRecord = {
    stateDir: realpathSync(stateDir),
    pid: process.pid,
    apiUrl,
    edgeUrl,
    token,
    namespaces,
    started: new Date().toISOString(),
  };
  writeWhole(recordFile(stateDir), `${JSON.stringify(record, null, 2)}\n`);
}

/** For who holds the lock alone: whatever record there is then has no engine any more. */
export function removeRecord(stateDir: string): void {
  rmSync(recordFile(stateDir), { force: true });
}

function isRecord(value: unknown): value is EngineRecord {
  const record = (value ?? {}) as Record<string, unknown>;
  const texts = [record.stateDir, record.apiUrl, record.token, record.started];
  return (
    Number.isSafeInteger(record.pid) &&
    texts.every((field) => typeof field === 'string') &&
    URL.canParse(String(record.apiUrl)) &&
    (record.edgeUrl === null || typeof record.edgeUrl === 'string') &&
    Array.isArray(record.namespaces)
  );
}
