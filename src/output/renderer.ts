import type { TimeStyle } from './clock.ts';
import type { Colours } from './colour.ts';
import type { AnyColumn, AnyRow } from './columns.ts';

/** What a renderer may know of where its text goes. */
export interface Look {
  colours: Colours;
  /** Cells of the terminal's line; undefined where the text goes to a file or a program. */
  width: number | undefined;
  /** Milliseconds since 1970. */
  now: number;
  /** How times are shown, where the operator chose. */
  time: TimeStyle | undefined;
  /** Called with the names of columns that are left out because the terminal is too narrow. */
  leftOut: (names: readonly string[]) => void;
}

/** Rows as they come in, some at a time. */
export type Batches = AsyncIterable<readonly AnyRow[]>;

type RenderRows = (
  columns: readonly AnyColumn[],
  batches: Batches,
  look: Look,
) => AsyncIterable<string>;

/**
 * One output format: text from rows, in chunks to be written as they come, and no I/O. Where the rows
 * break off with an error, what was given so far stays well-formed.
 */
export interface Renderer {
  /** Rows that end. */
  list: RenderRows;
  /** Rows that come one by one over time; each batch is given as soon as it is there. */
  stream: RenderRows;
  one: (columns: readonly AnyColumn[], row: AnyRow, look: Look) => string | Promise<string>;
}
