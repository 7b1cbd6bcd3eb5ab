/** What goblin says beside its data: notes, warnings and progress, all on stderr. */
import type { Io } from '../io/streams.ts';
import type { TimeStyle } from './clock.ts';
import { type AnyRow, anyColumns, type Column, type Shown } from './columns.ts';
import { RENDERERS } from './format.ts';
import { progressText } from './progress.ts';
import { visible } from './text.ts';
import { waitingLine } from './waiting.ts';

export interface LogOptions {
  /** False where the operator said `--no-color`. */
  colour?: boolean;
  /** How times are shown, where the operator chose. */
  time?: TimeStyle | undefined;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Aborted after so many milliseconds. Without it no wait is shown on a terminal. */
  deadline?: (ms: number) => AbortSignal;
}

/** A task that is under way. */
export interface Progress {
  /** How many are done by now. Cheap to call often: it shows itself only now and then. */
  update(done: number): Promise<void>;
  /** Takes the line away. The report of what was done is the caller's. */
  end(): Promise<void>;
}

export interface Log {
  /** A line that tells: what was left out, what to know. */
  note(text: string): Promise<void>;
  /** The line that names the target; its first word is `local` or `remote`, and a remote one stands out. */
  target(text: string): Promise<void>;
  /** Rows to look at before a question; they are not the command's data, which goes to stdout. */
  table<Row>(columns: readonly Column<Row>[], rows: readonly Shown<Row>[]): Promise<void>;
  /** A line that warns. */
  warn(text: string): Promise<void>;
  /** A task of `total` things: one line that rewrites itself on a terminal, a line every 10 s elsewhere. */
  progress(label: string, total?: number): Progress;
  /** The line that stands below all others on a terminal, until the next one; an empty text takes it away. */
  standing(text: string): Promise<void>;
  /**
   * Something is under way that may take a moment: after half a second of it a terminal says what, until it ends;
   * elsewhere a line tells it every 10 s. A progress that is shown says more, and stays.
   * @returns its end
   */
  waiting(what: string): () => Promise<void>;
  /** Takes away what `waiting` shows, before anything else is written to the same terminal. */
  clear(): Promise<void>;
}

/** Milliseconds between two showings: as often as the eye follows, or as a build log bears. */
const REDRAW = { terminal: 100, plain: 10_000 };

const ERASE_LINE = '\r\x1b[K';

const DEFAULT_WIDTH = 80;

async function* inOneBatch(rows: readonly AnyRow[]): AsyncGenerator<readonly AnyRow[]> {
  yield rows;
}

export function createLog(io: Io, { colour, time, now, deadline }: LogOptions): Log {
  const { stderr } = io;
  /** The progress line that is on the terminal now; text that follows is written over it. */
  let standing = '';

  const colours = async () => {
    const { coloursFor } = await import('./colour.ts');
    return coloursFor(stderr, io.env, colour);
  };

  const line = async (text: string) => {
    await stderr.write(`${standing && ERASE_LINE}${text}\n${standing}`);
  };

  /** Under way while the module that measures text is loaded for the first line. */
  let drawing: Promise<void> | undefined;

  async function erase(): Promise<void> {
    await drawing;
    if (standing !== '') await stderr.write(ERASE_LINE);
    standing = '';
  }

  function redraw(text: string): Promise<void> {
    drawing = draw(text);
    return drawing;
  }

  async function draw(text: string): Promise<void> {
    const { truncate } = await import('./width.ts');
    // One cell stays free: a full line makes some terminals wrap.
    standing = truncate(visible(text), (stderr.columns ?? DEFAULT_WIDTH) - 1);
    await stderr.write(`${ERASE_LINE}${standing}`);
  }

  const rewrites = stderr.isTTY && !stderr.keepsLines;
  let progresses = 0;
  const { waiting, clear, replaced } = waitingLine({
    now,
    deadline: rewrites ? deadline : undefined,
    isPlain: !stderr.isTTY,
    isFree: () => standing === '' && progresses === 0,
    show: redraw,
    erase,
    line,
  });

  const replace = (text: string) => {
    replaced();
    return redraw(text);
  };

  return {
    waiting,
    clear,
    async standing(text) {
      if (text === '') await erase();
      else if (rewrites) await replace(text);
    },
    note: (text) => line(visible(text)),
    async target(text) {
      const { bold, magenta } = await colours();
      await line(visible(text).replace(/^remote\b/, (word) => bold(magenta(word))));
    },
    async table(columns, rows) {
      const width = stderr.isTTY ? (stderr.columns ?? DEFAULT_WIDTH) : undefined;
      const { list } = await RENDERERS.table();
      const look = { colours: await colours(), width, time, now: now(), leftOut: () => {} };
      const texts = list(anyColumns(columns), inOneBatch(rows as readonly AnyRow[]), look);
      for await (const text of texts) await stderr.write(text);
    },
    async warn(text) {
      const { yellow } = await colours();
      await line(`${yellow('warning:')} ${visible(text)}`);
    },
    progress(label, total) {
      const began = now();
      const pause = rewrites ? REDRAW.terminal : REDRAW.plain;
      const show = rewrites ? replace : (text: string) => line(visible(text));
      let shown = began;
      let isOver = false;
      if (!rewrites) progresses++;
      return {
        async update(done) {
          const time = now();
          if (time - shown < pause) return;
          shown = time;
          await show(progressText({ label, done, total, elapsed: time - began }));
        },
        async end() {
          if (!rewrites && !isOver) progresses--;
          isOver = true;
          await erase();
        },
      };
    },
  };
}
