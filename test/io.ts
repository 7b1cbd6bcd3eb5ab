import { PassThrough } from 'node:stream';
import type { Io, OutputFile, Sink } from '../src/io/streams.ts';

export interface FakeSink extends Sink {
  /** All that was written so far, as UTF-8 text. */
  readonly text: string;
  readonly bytes: Uint8Array;
  /** Each `write` by itself, for tests of what is written when. */
  readonly chunks: readonly string[];
}

export interface FakeIo extends Io {
  readonly stdout: FakeSink;
  readonly stderr: FakeSink;
  /** The reader of stdout goes away: `stdoutClosed` is aborted and what follows is dropped. */
  closeStdout(): void;
}

export interface FakeIoOptions {
  /** Whether all three streams are a terminal. */
  tty?: boolean;
  columns?: number;
  /** Lines of the terminal. */
  rows?: number;
  env?: Record<string, string>;
  stdin?: string | Uint8Array;
  cwd?: string;
  /** In place of a stdout that is collected. */
  stdout?: Sink;
  stdoutFile?: OutputFile | undefined;
  /** Aborted where the reader of that stdout leaves. */
  stdoutClosed?: AbortSignal;
}

interface Size {
  columns: number | undefined;
  rows: number | undefined;
}

function fakeSink(isTTY: boolean, { columns, rows }: Size, closed?: AbortSignal): FakeSink {
  const written: Buffer[] = [];
  return {
    isTTY,
    columns: isTTY ? columns : undefined,
    rows: isTTY ? rows : undefined,
    async write(chunk) {
      if (!closed?.aborted) written.push(Buffer.from(chunk));
    },
    get text() {
      return Buffer.concat(written).toString();
    },
    get bytes() {
      return Buffer.concat(written);
    },
    get chunks() {
      return written.map((chunk) => chunk.toString());
    },
  };
}

/** An `Io` without a process: it collects what is written and reads from `stdin`. */
export function fakeIo(options: FakeIoOptions = {}): FakeIo {
  const { tty = false, columns = 80, rows, env = {}, stdin = '', cwd = '/' } = options;
  const size = { columns, rows };
  const closed = new AbortController();
  return {
    stdout: options.stdout
      ? { ...fakeSink(tty, size, closed.signal), write: options.stdout.write }
      : fakeSink(tty, size, closed.signal),
    stderr: fakeSink(tty, size),
    stdin: {
      isTTY: tty,
      async *read() {
        yield Buffer.from(stdin);
      },
      stop: () => {},
    },
    env,
    cwd,
    stdoutClosed: options.stdoutClosed ?? closed.signal,
    stdoutFile: () => options.stdoutFile ?? null,
    terminal: () => ({ input: new PassThrough(), output: new PassThrough() }),
    closeStdout: () => closed.abort(),
  };
}
