/** The text of a flags file: `-` for stdin, or a path. */
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { GoblinError, usageError } from '../../contract/errors.ts';
import { readAll } from '../../io/read-all.ts';
import type { Io } from '../../io/streams.ts';

/** Far more than flags need. */
const MAX_BYTES = 4 * 1024 * 1024;

/** @throws {GoblinError} exit 2 for a file that is absent or too large, 1 for one that cannot be read */
export async function fileText(io: Io, path: string): Promise<string> {
  const source = path === '-' ? io.stdin.read() : createReadStream(resolve(io.cwd, path));
  const tooLarge = () => usageError('file_too_large', `${path} is too large for flags`);
  try {
    return (await readAll(source, MAX_BYTES, tooLarge)).toString();
  } catch (error) {
    throw error instanceof GoblinError ? error : unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): GoblinError {
  const { code = String(cause) } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') {
    const hint = '`goblin flags export` prints one.';
    return usageError('no_such_file', `there is no file ${path}`, hint);
  }
  return new GoblinError('failed', 'unreadable_file', `cannot read ${path}: ${code}`, { cause });
}
