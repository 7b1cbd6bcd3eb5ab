/** A value in a file that only its owner can read, for an editor. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Draft {
  path: string;
  read(): Promise<Buffer>;
  remove(): Promise<void>;
}

/** @returns a draft in a folder of its own (0700); the file's name tells the editor what is in it. */
export async function createDraft(bytes: Uint8Array, isJson: boolean): Promise<Draft> {
  const folder = await mkdtemp(join(tmpdir(), 'goblin-'));
  const path = join(folder, isJson ? 'value.json' : 'value.txt');
  await writeFile(path, bytes, { mode: 0o600 });
  return {
    path,
    read: () => readFile(path),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
