import { httpFetch } from '../http.ts';
import { isAlive } from './lock.ts';
import { type EngineRecord, readRecord } from './record.ts';

/** How long a running engine may take to answer. */
const ANSWER_MS = 2_000;

/** The engine that another process runs on this state, if its record is true: it lives and answers. */
export async function findRunning(stateDir: string): Promise<EngineRecord | null> {
  const record = readRecord(stateDir);
  return record && isAlive(record.pid) && (await answers(record)) ? record : null;
}

async function answers({ apiUrl, token }: EngineRecord): Promise<boolean> {
  try {
    const response = await httpFetch(`${apiUrl}/user/tokens/verify`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    // Read to its end, so that the connection serves the command as well.
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
