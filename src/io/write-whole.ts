import { createWriteStream, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

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
  try {
    await pipeline(Readable.from(chunks), createWriteStream(draft, { mode: 0o600, flags: 'wx' }));
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
