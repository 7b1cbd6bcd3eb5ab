import { renameSync, rmSync, writeFileSync } from 'node:fs';

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
