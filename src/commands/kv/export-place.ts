/** Where an export begins and what it leaves for the next run, with and without a resume file. */
import { resolve } from 'node:path';
import type { Context } from '../../context.ts';
import type { KvStore } from '../../kv/namespace.ts';
import {
  type Agreement,
  agree,
  type Place,
  readResumeFile,
  removeResumeFile,
  writeResumeFile,
} from './resume-file.ts';

export interface ExportPlace extends Place {
  /** Keeps the place after a page that the output has taken. */
  save(place: Place): Promise<void>;
  /** The export is complete. */
  finish(): Promise<void>;
}

export interface PlaceOptions {
  prefix: string;
  cursor?: string;
  resumeFile?: string;
}

/** @throws {GoblinError} exit 2 where the resume file does not fit the task or the output. */
export async function exportPlace(
  { io, log }: Context,
  kv: KvStore,
  { prefix, cursor, resumeFile }: PlaceOptions,
): Promise<ExportPlace> {
  const nothing = async () => {};
  if (resumeFile === undefined) {
    return { cursor: cursor ?? null, exported: 0, save: nothing, finish: nothing };
  }
  const path = resolve(io.cwd, resumeFile);
  const task = { namespace: kv.id, prefix };
  const file = io.stdoutFile();
  const saved = await readResumeFile(path, task);
  const place: Place = saved ?? { cursor: null, exported: 0 };
  if (saved) {
    const agreement = agree(saved, file);
    await log.note(`going on after ${saved.exported.toLocaleString('en-US')} keys`);
    for (const line of told(agreement)) await log.warn(line);
  } else {
    // A process killed within the first page leaves lines as well.
    await writeResumeFile(path, task, place, file);
  }
  return {
    ...place,
    save: (next) => writeResumeFile(path, task, next, file),
    finish: () => removeResumeFile(path),
  };
}

function told(agreement: Agreement): string[] {
  if (agreement.kind === 'cut') {
    return [`cut off the ${agreement.bytes} bytes that were written after the saved place`];
  }
  if (agreement.kind === 'agrees') return [];
  return ['stdout is not the file that was written before: up to 1,000 lines may come twice'];
}
