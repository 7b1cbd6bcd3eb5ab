/** A file that a command line names and that cannot be read. */
import { GoblinError, usageError } from '../contract/errors.ts';

const REASONS: Readonly<Record<string, { code: string; message: string; hint: string }>> = {
  ENOENT: { code: 'no_such_file', message: 'there is no such file', hint: 'Check the path.' },
  ENOTDIR: { code: 'no_such_file', message: 'there is no such file', hint: 'Check the path.' },
  EISDIR: { code: 'unreadable_file', message: 'it is a folder', hint: 'Name a file in it.' },
  EACCES: {
    code: 'unreadable_file',
    message: 'this user may not read it',
    hint: 'Change its permissions, or hand its text over on stdin with -.',
  },
};

/**
 * @param path as it is to be shown
 * @param hint what to do where the file is absent
 * @returns exit 2 for a path that names no file that this user may read, else exit 1
 */
export function unreadable(path: string, error: unknown, hint?: string): GoblinError {
  const reason = (error as NodeJS.ErrnoException).code ?? String(error);
  const known = REASONS[reason];
  if (!known) {
    const message = `cannot read ${path}: ${reason}`;
    return new GoblinError('failed', 'unreadable_file', message, { cause: error });
  }
  const isAbsent = known.code === 'no_such_file';
  const next = isAbsent && hint !== undefined ? hint : known.hint;
  return usageError(known.code, `cannot read ${path}: ${known.message}`, next);
}
