import { readdirSync, readFileSync, statSync } from 'node:fs';
import { GoblinError } from '../contract/errors.ts';

/** What the configuration reads from a disk; tests hand in a map of paths. */
export interface Files {
  /** False for what is absent, a folder, a device, or out of reach. */
  isFile(path: string): boolean;
  /** The text of a file that is there, without a byte order mark. Throws `unreadable_file`. */
  readText(path: string): string;
  /** The names in a folder; none where there is no such folder. */
  list(dir: string): string[];
}

function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  } catch {
    return false;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new GoblinError('failed', 'unreadable_file', `cannot read ${path}: ${reason}`, {
      hint: 'Check that this user may read the file.',
      cause,
    });
  }
}

function list(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

export const diskFiles: Files = { isFile, readText, list };
