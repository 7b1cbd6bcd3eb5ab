/** The stack of an error by the source files, as far as a build left maps beside its files. */
import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, join, relative } from 'node:path';

const ROOT = dirname(import.meta.dirname);

const maps = new Map<string, SourceMap | null>();

/** Where a frame of a stack is: a file, and its line and column. */
const PLACE = /(?:file:\/\/)?(\/[^():]+|[A-Za-z]:[^():]+):(\d+):(\d+)/g;

/** What `error` says and where it was thrown, cause by cause. */
export function sourceStack(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = (error.stack ?? String(error)).replace(PLACE, inSource);
  return error.cause === undefined ? own : `${own}\ncaused by ${sourceStack(error.cause)}`;
}

function inSource(place: string, file: string, line: string, column: string): string {
  const map = mapOf(file);
  if (!map) return place;
  const entry = map.findEntry(Number(line) - 1, Number(column) - 1);
  if (!('originalSource' in entry)) return place;
  const source = relative(ROOT, join(dirname(file), entry.originalSource));
  return `${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
}

function mapOf(file: string): SourceMap | null {
  const known = maps.get(file);
  if (known !== undefined) return known;
  const read = readMap(`${file}.map`);
  maps.set(file, read);
  return read;
}

function readMap(file: string): SourceMap | null {
  try {
    return new SourceMap(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}
