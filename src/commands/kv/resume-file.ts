/**
 * Where an export was, in a file, so that the same command goes on after any end of the process. The place and
 * the output must agree: the file also holds how long the output was, and what was written beyond is cut off.
 */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { usageError } from '../../contract/errors.ts';
import type { OutputFile } from '../../io/streams.ts';
import { unreadable } from '../../io/unreadable.ts';

/** What the place belongs to: a cursor of another list would silently skip keys. */
export interface Task {
  namespace: string;
  prefix: string;
}

export interface Place {
  /** Null for the first page. */
  cursor: string | null;
  exported: number;
}

interface Saved extends Task, Place {
  /** The output's length at this place; absent where it is not a file. */
  output?: { id: string; bytes: number };
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
export async function writeResumeFile(
  path: string,
  task: Task,
  place: Place,
  file: OutputFile | null,
): Promise<void> {
  const output = file ? { output: { id: file.id, bytes: file.size() } } : {};
  const saved: Saved = { ...task, ...place, ...output };
  const draft = `${path}.new`;
  await writeFile(draft, `${JSON.stringify(saved)}\n`, { mode: 0o600 });
  await rename(draft, path);
}

export const removeResumeFile = (path: string) => rm(path, { force: true });

/** What had to be done for the output to agree with the place. */
export type Agreement = { kind: 'agrees' } | { kind: 'cut'; bytes: number } | { kind: 'unsure' };

/**
 * Makes the output as long as it was at the saved place. Where it is a pipe, or another file, nobody knows
 * what of the next page arrived.
 * @throws {GoblinError} exit 2 where the output has lost what was written before
 */
export function agree({ output }: Saved, file: OutputFile | null): Agreement {
  if (!output || file?.id !== output.id) return { kind: 'unsure' };
  const beyond = file.size() - output.bytes;
  if (beyond === 0) return { kind: 'agrees' };
  if (beyond < 0) throw shortened(output.bytes, file.size());
  file.truncate(output.bytes);
  return { kind: 'cut', bytes: beyond };
}

function shortened(written: number, size: number) {
  return usageError(
    'output_shortened',
    `the export had written ${written} bytes to this file, and it holds ${size}`,
    'Append with >> to go on; to begin anew, remove the resume file.',
  );
}

function parse(text: string): Saved | null {
  try {
    return JSON.parse(text) as Saved | null;
  } catch {
    return null;
  }
}
