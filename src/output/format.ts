import { usageError } from '../contract/errors.ts';
import { suggest } from '../text/nearest.ts';
import type { Renderer } from './renderer.ts';

/** Every output format by its word on the command line; each is loaded when it is used. */
export const RENDERERS = {
  table: async () => (await import('./table.ts')).table,
  json: async () => (await import('./json.ts')).json,
  ndjson: async () => (await import('./json.ts')).ndjson,
  csv: async () => (await import('./csv.ts')).csv,
} satisfies Record<string, () => Promise<Renderer>>;

export type Format = keyof typeof RENDERERS;

/** The words that `--output` takes. */
export const FORMATS = Object.keys(RENDERERS) as Format[];

/** The format of that name. Throws a usage error with the nearest name for any other word. */
export function parseFormat(text: string): Format {
  const format = FORMATS.find((name) => name === text);
  if (format) return format;
  throw usageError('bad_format', `unknown output format "${text}"`, suggest(text, FORMATS));
}

/**
 * The format that `--json` and `--output` ask for, a table where neither is given.
 * @throws {GoblinError} exit 2 for an unknown format, or two different ones
 */
export function chooseFormat({ json, output }: { json?: true; output?: string }): Format {
  if (output === undefined) return json ? 'json' : 'table';
  const format = parseFormat(output);
  if (!json || format === 'json') return format;
  throw usageError(
    'conflicting_options',
    `--json and -o ${format} exclude each other`,
    `Pass --json or -o ${format}.`,
  );
}
