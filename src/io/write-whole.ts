import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';

/** Writes a file for its owner alone, whole or not at all: another process may read or write it meanwhile. */
export function writeWhole(file: string, data: string | Uint8Array): void {
  const draft = `${file}.${process.pid}-${Date.now()}`;
  try {
    writeFileSync(draft, data, { mode: 0o600, flag: 'wx' });
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** The same of chunks that come over time. */
export async function writeStream(file: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const draft = `${file}.${process.pid}-${Date.now()}`;
  // Open before the first chunk is asked for: a file that is still being opened cannot be removed.
  const handle = await open(draft, 'wx', 0o600);
  try {
    for await (const chunk of chunks) await handle.writeFile(chunk);
    await handle.close();
    renameSync(draft, file);
  } catch (error) {
    await handle.close().catch(() => {});
    rmSync(draft, { force: true });
    throw error;
  }
}
