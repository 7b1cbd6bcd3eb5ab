import { lockHolder } from './lock.ts';
import { type EngineRecord, lockFolder, readRecord } from './record.ts';

/**
 * The engine that another process runs on this state: its record counts for as long as that process has the
 * state to itself. Found without a request, which would cost each command as much as what it came for.
 */
export function findRunning(stateDir: string): EngineRecord | null {
  const record = readRecord(stateDir);
  return record && lockHolder(lockFolder(stateDir)) === record.pid ? record : null;
}
