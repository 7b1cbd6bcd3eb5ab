import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEngine } from './engine.ts';
import { stateError } from './faults.ts';

/**
 * Starts an engine on a state of its own, which is thrown away, and ends it.
 * @throws GoblinError what `startEngine` throws, or `state_unusable` or `disk_full` for the temporary folder
 */
export async function tryEngine(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'goblin-try-')).catch((error) => {
    throw stateError(error, tmpdir());
  });
  try {
    const engine = await startEngine({
      stateDir: folder,
      namespaces: [{ id: 'try', title: 'try' }],
    });
    await engine.dispose();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
