/**
 * The record by which a command finds a running engine: `<worker>/.wrangler/goblin/engine.json`, readable
 * by its owner alone, for it holds the token.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from '../write-whole.ts';
import type { Engine } from './engine.ts';

export interface EngineRecord {
  pid: number;
  apiUrl: string;
  edgeUrl: string | null;
  token: string;
  /** Ids of the KV namespaces it serves. */
  namespaces: string[];
  /** RFC 3339. */
  started: string;
}

/** Where the engine of a state keeps what is not state: beside it, `<stateDir>/../goblin`. */
export function engineFolder(stateDir: string): string {
  return join(stateDir, '..', 'goblin');
}

/** The lock of whoever runs an engine on a state. */
export const lockFolder = (stateDir: string) => join(engineFolder(stateDir), 'lock');

const fileIn = (stateDir: string) => join(engineFolder(stateDir), 'engine.json');

/** The record, or null where there is none or it cannot be read: that is as good as none. */
export function readRecord(stateDir: string): EngineRecord | null {
  try {
    const record: unknown = JSON.parse(readFileSync(fileIn(stateDir), 'utf8'));
    return isRecord(record) ? record : null;
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
  const file = fileIn(stateDir);
  const record: EngineRecord = {
    pid: process.pid,
    apiUrl,
    edgeUrl,
    token,
    namespaces,
    started: new Date().toISOString(),
  };
  mkdirSync(engineFolder(stateDir), { recursive: true, mode: 0o700 });
  writeWhole(file, `${JSON.stringify(record, null, 2)}\n`);
}

/** Removes the record if it is this engine's. */
export function removeRecord(stateDir: string, token: string): void {
  if (readRecord(stateDir)?.token === token) rmSync(fileIn(stateDir), { force: true });
}

function isRecord(value: unknown): value is EngineRecord {
  const record = (value ?? {}) as Record<string, unknown>;
  return (
    Number.isSafeInteger(record.pid) &&
    [record.apiUrl, record.token, record.started].every((field) => typeof field === 'string') &&
    (record.edgeUrl === null || typeof record.edgeUrl === 'string') &&
    Array.isArray(record.namespaces)
  );
}
