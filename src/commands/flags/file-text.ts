/** The text of a flags file: `-` for stdin, or a path. */
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { GoblinError, usageError } from '../../contract/errors.ts';
import { readAll } from '../../io/read-all.ts';
import type { Io } from '../../io/streams.ts';
import { unreadable } from '../../io/unreadable.ts';

/** Far more than flags need. */
const MAX_BYTES = 4 * 1024 * 1024;

const ABSENT = '`goblin flags export` prints one.';

/** @throws {GoblinError} exit 2 for a file that is absent, too large, or cannot be read */
export async function fileText(io: Io, path: string): Promise<string> {
  const source = path === '-' ? io.stdin.read() : createReadStream(resolve(io.cwd, path));
  const tooLarge = () => usageError('file_too_large', `${path} is too large for flags`);
  try {
    return (await readAll(source, MAX_BYTES, tooLarge)).toString();
  } catch (error) {
    throw error instanceof GoblinError ? error : unreadable(path, error, ABSENT);
  }
}
