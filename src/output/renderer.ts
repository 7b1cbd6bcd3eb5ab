import type { Column, Row } from '../shards/shard.ts';
import type { Colours } from './colour.ts';

/** What a renderer may know of where its text goes. */
export interface Look {
  colours: Colours;
  /** Cells of the terminal's line; undefined where the text goes to a file or a program. */
  width: number | undefined;
  /** Milliseconds since 1970. */
  now: number;
}

/** Rows as they come in, some at a time. */
export type Batches = AsyncIterable<readonly Row[]>;

type RenderRows = (
  columns: readonly Column[],
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
  one: (columns: readonly Column[], row: Row, look: Look) => string | Promise<string>;
}
