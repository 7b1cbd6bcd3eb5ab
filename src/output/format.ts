import { usageError } from '../errors.ts';
import { suggest } from '../nearest.ts';
import { csv } from './csv.ts';
import { json, ndjson } from './json.ts';
import type { Renderer } from './renderer.ts';
import { table } from './table.ts';

/** Every output format by its word on the command line. */
export const RENDERERS = { table, json, ndjson, csv } satisfies Record<string, Renderer>;

export type Format = keyof typeof RENDERERS;

/** The words that `--output` takes. */
export const FORMATS = Object.keys(RENDERERS) as Format[];

/** The format of that name. Throws a usage error with the nearest name for any other word. */
export function parseFormat(text: string): Format {
  const format = FORMATS.find((name) => name === text);
  if (format) return format;
  throw usageError('bad_format', `unknown output format "${text}"`, suggest(text, FORMATS));
}
