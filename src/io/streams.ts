/**
 * What a process gives to a command: streams, environment, working directory. With `bin`, this is the only
 * file that touches the real ones.
 */
import { fstatSync, ftruncateSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { isatty, type WriteStream } from 'node:tty';
import { GoblinError } from '../contract/errors.ts';

/** Where text and bytes go. */
export interface Sink {
  /**
   * Resolves when the stream has taken the chunk, so that a writer who awaits never runs ahead of a slow
   * reader. A reader who left (EPIPE) is no error: the chunk is dropped. Rejects on any other failure,
   * such as a full disk.
   */
  write(chunk: string | Uint8Array): Promise<void>;
  readonly isTTY: boolean;
  /** Width of the terminal in cells, read anew each time; undefined where it is no terminal. */
  readonly columns: number | undefined;
  /** Height of the terminal in lines, in the same way. */
  readonly rows?: number | undefined;
  /** Nothing that was written can be taken back: no line rewrites itself. */
  readonly keepsLines?: true;
}

/** The file that stdout is redirected to. */
export interface OutputFile {
  /** Tells files of this machine apart. */
  readonly id: string;
  size(): number;
  truncate(bytes: number): void;
}

export interface Source {
  readonly isTTY: boolean;
  read(): AsyncIterable<Uint8Array>;
  /** Ends a read that is under way with this error; it may be waiting for somebody who types nothing. */
  stop(reason: Error): void;
}

export interface Io {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly stdin: Source;
  /** Null where stdout is a terminal or a pipe. */
  stdoutFile(): OutputFile | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborted when the reader of stdout has left: whoever makes more output may stop. */
  readonly stdoutClosed: AbortSignal;
  /** The bare streams, for questions: they are asked on stderr, since stdout is data. */
  terminal(): { input: Readable; output: Writable };
}

/** `EOF` is how Windows says EPIPE. */
const READER_LEFT = new Set(['EPIPE', 'EOF', 'ERR_STREAM_DESTROYED']);

/** A sink on a Node stream. `onClosed` is called, once or more, when the reader has left. */
export function sinkOf(
  stream: Writable & Partial<Pick<WriteStream, 'isTTY' | 'columns' | 'rows'>>,
  onClosed: () => void = () => {},
): Sink {
  let closed = false;
  // EIO is how a terminal says that it is closed; of a file it means a broken disk.
  const hasReaderLeft = ({ code = '' }: NodeJS.ErrnoException) =>
    READER_LEFT.has(code) || (code === 'EIO' && stream.isTTY === true);
  const close = () => {
    closed = true;
    onClosed();
  };
  // Failures reach the caller by the write's callback; without a listener Node would throw them as well.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (hasReaderLeft(error)) close();
  });
  return {
    write(chunk) {
      if (closed) return Promise.resolve();
      return new Promise((resolve, reject) => {
        stream.write(chunk, (error) => {
          if (!error) return resolve();
          if (!hasReaderLeft(error)) return reject(error);
          close();
          resolve();
        });
      });
    },
    get isTTY() {
      return stream.isTTY === true;
    },
    get columns() {
      return stream.isTTY === true ? stream.columns : undefined;
    },
    get rows() {
      return stream.isTTY === true ? stream.rows : undefined;
    },
  };
}

/** The real streams and environment. Call it once in a process. */
export function processIo(): Io {
  const stdoutClosed = new AbortController();
  return {
    stdout: sinkOf(process.stdout, () => stdoutClosed.abort()),
    stderr: sinkOf(process.stderr),
    stdin: processStdin(),
    stdoutFile: () => outputFile(1),
    env: process.env,
    get cwd() {
      return currentFolder();
    },
    stdoutClosed: stdoutClosed.signal,
    terminal: () => ({ input: process.stdin, output: process.stderr }),
  };
}

/** The regular file behind a descriptor, or null where it is none. */
export function outputFile(descriptor: number): OutputFile | null {
  const stat = fstatSync(descriptor);
  if (!stat.isFile()) return null;
  return {
    id: `${stat.dev}:${stat.ino}`,
    size: () => fstatSync(descriptor).size,
    truncate: (bytes) => ftruncateSync(descriptor, bytes),
  };
}

/** @throws {GoblinError} where somebody has removed it meanwhile */
function currentFolder(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new GoblinError('failed', 'no_folder', 'the current folder is gone', {
      hint: 'Change to one that is there.',
      cause,
    });
  }
}

/** To touch `process.stdin` builds a stream, which most commands never read. */
function processStdin(): Source {
  let reading: Readable | undefined;
  return {
    get isTTY() {
      return isatty(0);
    },
    read() {
      reading = process.stdin;
      return reading;
    },
    stop: (reason) => void reading?.destroy(reason),
  };
}
