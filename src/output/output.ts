import type { Io } from '../io/streams.ts';
import type { Column, Row } from '../shards/shard.ts';
import { batched } from './batches.ts';
import { type Format, RENDERERS } from './format.ts';
import type { Look, Renderer } from './renderer.ts';
import { visible } from './text.ts';

export type Rows = Iterable<Row> | AsyncIterable<Row>;

export interface OutputOptions {
  format: Format;
  /** False where the operator said `--no-color`. */
  colour?: boolean;
  /** Milliseconds since 1970. */
  now: () => number;
}

export interface ListOptions {
  /** What to say on stderr, instead of a table, where there is no row: what it means, what to do. */
  empty?: string;
}

/**
 * What a command found, written to stdout in the format that was asked for. Columns say which fields of a
 * row are shown and how. All of it stops quietly, and stops asking for rows, once the reader of stdout
 * has left.
 */
export interface Output {
  /** Rows that end. Resolves to how many came. */
  list(columns: readonly Column[], rows: Rows, options?: ListOptions): Promise<number>;
  /** Rows that come over time, each written when it comes. Resolves to how many came. */
  stream(columns: readonly Column[], rows: AsyncIterable<Row>): Promise<number>;
  /** One thing: an object in JSON, names and values as a table. */
  one(columns: readonly Column[], row: Row): Promise<void>;
  /** Stored bytes as they are; on a terminal as text, with controls written out. */
  raw(bytes: Uint8Array): Promise<void>;
}

/** Rows put together before they are written: as many as a page of a KV list has. */
const PAGE = 1000;

const DEFAULT_WIDTH = 80;

export function createOutput(io: Io, options: OutputOptions): Output {
  const { stdout, stderr, stdoutClosed } = io;
  const renderer = (): Promise<Renderer> => RENDERERS[options.format]();

  async function look(): Promise<Look> {
    const { coloursFor } = await import('./colour.ts');
    return {
      colours: coloursFor(stdout, io.env, options.colour),
      width: stdout.isTTY ? (stdout.columns ?? DEFAULT_WIDTH) : undefined,
      now: options.now(),
    };
  }

  /** Writes the rows in batches of `size` by the renderer's `way`, and counts them. */
  async function print(
    way: 'list' | 'stream',
    columns: readonly Column[],
    rows: Rows,
    size: number,
  ): Promise<number> {
    let count = 0;
    async function* counted() {
      for await (const batch of batched(rows, size, stdoutClosed)) {
        count += batch.length;
        yield batch;
      }
    }
    const texts = (await renderer())[way](columns, counted(), await look());
    for await (const text of texts) await stdout.write(text);
    return count;
  }

  return {
    async list(columns, rows, { empty } = {}) {
      const count = await print('list', columns, rows, PAGE);
      if (count === 0 && empty !== undefined && options.format === 'table') {
        await stderr.write(`${visible(empty)}\n`);
      }
      return count;
    },
    stream: (columns, rows) => print('stream', columns, rows, 1),
    async one(columns, row) {
      await stdout.write(await (await renderer()).one(columns, row, await look()));
    },
    async raw(bytes) {
      if (!stdout.isTTY) return stdout.write(bytes);
      const text = visible(new TextDecoder().decode(bytes), '\n\t');
      await stdout.write(text.endsWith('\n') ? text : `${text}\n`);
    },
  };
}
