/** Where an export was, in a file, so that the same command goes on after any end of the process. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { usageError } from '../../errors.ts';
import { unreadable } from './value-argument.ts';

/** What the place belongs to: a cursor of another list would silently skip keys. */
export interface Task {
  namespace: string;
  prefix: string;
}

interface Saved extends Task {
  cursor: string;
  exported: number;
}

/** The saved place, or null where there is no file yet. @throws {GoblinError} exit 2 for another task's. */
export async function readResumeFile(path: string, task: Task): Promise<Saved | null> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw unreadable(path, error);
  });
  if (text === null) return null;
  const saved = parse(text);
  if (saved?.namespace === task.namespace && saved.prefix === task.prefix) return saved;
  throw usageError(
    'foreign_resume_file',
    `${path} belongs to another export`,
    'Name another file, or remove it to begin anew.',
  );
}

/** Written whole at once, so that a process killed meanwhile leaves the place before. */
export async function writeResumeFile(path: string, saved: Saved): Promise<void> {
  const draft = `${path}.new`;
  await writeFile(draft, `${JSON.stringify(saved)}\n`, { mode: 0o600 });
  await rename(draft, path);
}

export const removeResumeFile = (path: string) => rm(path, { force: true });

function parse(text: string): Saved | null {
  try {
    return JSON.parse(text) as Saved | null;
  } catch {
    return null;
  }
}
