import type { Io } from '../io/streams.ts';
import { batched } from './batches.ts';
import { absoluteTime, type TimeStyle } from './clock.ts';
import { type AnyRow, anyColumns, type Column, type Shown } from './columns.ts';
import { type Format, RENDERERS } from './format.ts';
import type { Look, Renderer } from './renderer.ts';
import type { View } from './screen.ts';
import { visible } from './text.ts';

export type Rows<Row> = Iterable<Shown<Row>> | AsyncIterable<Shown<Row>>;

export interface OutputOptions {
  format: Format;
  /** Whether the operator asked for that format. */
  isFormatAsked?: boolean;
  /** False where the operator said `--no-color`. */
  colour?: boolean;
  /** How times are shown, where the operator chose. */
  time?: TimeStyle | undefined;
  /** Milliseconds since 1970. */
  now: () => number;
}

export interface ListOptions {
  /** What to say on stderr, instead of a table, where there is no row: what it means, what to do. */
  empty?: string;
}

export interface StreamOptions {
  /** The format where none was asked for. */
  otherwise?: Format;
}

/**
 * What a command found, written to stdout in the format that was asked for. Columns say which fields of a
 * row are shown and how. All of it stops quietly, and stops asking for rows, once the reader of stdout
 * has left.
 */
export interface Output {
  /** Rows that end. Resolves to how many came. */
  list<Row extends object>(
    columns: readonly Column<Row>[],
    rows: Rows<Row>,
    options?: ListOptions,
  ): Promise<number>;
  /** Rows that come over time, each written when it comes. Resolves to how many came. */
  stream<Row extends object>(
    columns: readonly Column<Row>[],
    rows: AsyncIterable<Shown<Row>>,
    options?: StreamOptions,
  ): Promise<number>;
  /** Whether `screen` is the way to show what changes: on a terminal, unless a format was asked for. */
  readonly isLive: boolean;
  /** Rows as they are at each moment, in place of those before. Only where `isLive`. */
  screen<Row extends object>(
    columns: readonly Column<Row>[],
    views: AsyncIterable<View<Row>>,
  ): Promise<void>;
  /** One thing: an object in JSON, names and values as a table. */
  one<Row extends object>(columns: readonly Column<Row>[], row: Shown<Row>): Promise<void>;
  /** An instant (ms since 1970) for a sentence: absolute, with its zone. */
  time(ms: number): string;
  /** Stored bytes as they are; on a terminal as text, with controls written out. */
  raw(bytes: Uint8Array): Promise<void>;
}

/** Rows put together before they are written: as many as a page of a KV list has. */
const PAGE = 1000;

/** Of a terminal that does not know its width, or says 0. */
const DEFAULT_WIDTH = 80;

export function createOutput(io: Io, options: OutputOptions): Output {
  const { stdout, stderr, stdoutClosed } = io;
  const renderer = (format = options.format): Promise<Renderer> => RENDERERS[format]();

  const place = () => ({
    width: stdout.isTTY ? stdout.columns || DEFAULT_WIDTH : undefined,
    now: options.now(),
    time: options.time,
  });

  async function look(leftOut: Look['leftOut'] = () => {}): Promise<Look> {
    const { coloursFor } = await import('./colour.ts');
    return { ...place(), colours: coloursFor(stdout, io.env, options.colour), leftOut };
  }

  /** Writes the rows in batches of `size` by the renderer's `way`, and counts them. */
  async function print<Row extends object>(
    way: 'list' | 'stream',
    columns: readonly Column<Row>[],
    rows: Rows<Row>,
    size: number,
    format = options.format,
  ): Promise<number> {
    let count = 0;
    let missing: readonly string[] = [];
    async function* counted() {
      for await (const batch of batched(rows as Rows<AnyRow>, size, stdoutClosed)) {
        count += batch.length;
        yield batch;
      }
    }
    const shown = await look((names) => {
      missing = names;
    });
    const texts = (await renderer(format))[way](anyColumns(columns), counted(), shown);
    for await (const text of texts) {
      await stdout.write(text);
      // A stream may have no end.
      if (way === 'stream') await tellMissing();
    }
    await tellMissing();
    return count;

    async function tellMissing(): Promise<void> {
      if (missing.length > 0) await stderr.write(`${narrowText(missing)}\n`);
      missing = [];
    }
  }

  return {
    async list(columns, rows, { empty } = {}) {
      const count = await print('list', columns, rows, PAGE);
      if (count === 0 && empty !== undefined && options.format === 'table') {
        await stderr.write(`${visible(empty)}\n`);
      }
      return count;
    },
    stream(columns, rows, { otherwise } = {}) {
      const format = options.isFormatAsked ? options.format : otherwise;
      return print('stream', columns, rows, 1, format);
    },
    isLive: stdout.isTTY && !options.isFormatAsked,
    async screen(columns, views) {
      const { drawScreen } = await import('./screen.ts');
      const parts = { stdout, look: () => look(), renderer: await renderer('table') };
      await drawScreen(parts, columns, views);
    },
    async one(columns, row) {
      const { one } = await renderer();
      await stdout.write(await one(anyColumns(columns), row as AnyRow, await look()));
    },
    time: (ms) => absoluteTime(ms, place()),
    async raw(bytes) {
      if (!stdout.isTTY) return stdout.write(bytes);
      const text = visible(new TextDecoder().decode(bytes), '\n\t');
      await stdout.write(text.endsWith('\n') ? text : `${text}\n`);
    },
  };
}

function narrowText(names: readonly string[]): string {
  const what = names.length === 1 ? '1 column does' : `${names.length} columns do`;
  return `${what} not fit: ${names.join(', ')}. Widen the window, or use -o json.`;
}
