import { connect } from 'node:net';
import { isAlive } from './process.ts';
import { type EngineRecord, readRecord } from './record.ts';

/** A connection that is neither accepted nor refused by then: the engine is there, and busy or paused. */
const PATIENCE_MS = 1_000;

/**
 * The engine that another process serves this state with: its record, while that process lives and its port
 * is open. Found without a request, which would cost each command as much as what it came for.
 */
export async function findRunning(stateDir: string): Promise<EngineRecord | null> {
  const record = readRecord(stateDir);
  if (!record || !isAlive(record.pid)) return null;
  return (await isOpen(new URL(record.apiUrl))) ? record : null;
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
