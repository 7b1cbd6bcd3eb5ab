/** The line that says what a run waits for. */
import type { Io } from '../io/streams.ts';

/** Milliseconds from which on a wait is noticed, and between two lines of a build log. */
const NOTICED_MS = 500;
const PLAIN_MS = 10_000;

interface Options {
  /** Milliseconds since 1970. */
  now: () => number;
  /** Aborted after so many milliseconds; undefined where no line can rewrite itself. */
  deadline: ((ms: number) => AbortSignal) | undefined;
  /** Whether lines stay, as in a build log. */
  isPlain: boolean;
  /** Whether nothing else tells already what goes on. */
  isFree: () => boolean;
  show: (text: string) => Promise<void>;
  erase: () => Promise<void>;
  line: (text: string) => Promise<void>;
}

export interface WaitingLine {
  waiting(what: string): () => Promise<void>;
  clear(): Promise<void>;
  /** Something else is shown in its place. */
  replaced(): void;
}

/** Counts what is under way, and tells it from half a second on, or every 10 s in a build log. */
export function waitingLine(options: Options): WaitingLine {
  const { now, deadline, isPlain, isFree, show, erase, line } = options;
  let [begun, underWay] = [0, 0];
  let since: number | null = null;
  let told = 0;
  let text = '';
  let [isShown, isArmed] = [false, false];

  /** "listing keys of analytics:, 12 so far": how many of all that was begun, where there are several. */
  const textOf = (what: string) =>
    begun > 1 ? `${what} · request ${begun.toLocaleString('en-US')}` : what;

  async function showNow(): Promise<void> {
    if (underWay === 0 || !(isShown || isFree())) return;
    isShown = true;
    await show(`${text} …`);
  }

  function onTerminal(from: number): void {
    const left = NOTICED_MS - (now() - from);
    if (left <= 0) return void showNow();
    if (isArmed || !deadline) return;
    isArmed = true;
    deadline(left).addEventListener('abort', () => {
      isArmed = false;
      void showNow();
    });
  }

  async function clear(): Promise<void> {
    if (!isShown) return;
    isShown = false;
    await erase();
  }

  return {
    clear,
    replaced() {
      isShown = false;
    },
    waiting(what) {
      begun++;
      underWay++;
      since ??= now();
      text = textOf(what);
      if (deadline) onTerminal(since);
      else if (isPlain && now() - Math.max(since, told) >= PLAIN_MS) {
        told = now();
        if (isFree()) void line(`${text}, for ${Math.round((now() - since) / 1000)} s`);
      }
      return async () => {
        underWay--;
        if (underWay === 0) await clear();
      };
    },
  };
}

/** The streams, with a stdout that takes that line off the terminal before it writes. */
export function clearing(io: Io, clear: () => Promise<void>): Io {
  if (!io.stdout.isTTY || !io.stderr.isTTY) return io;
  const { stdout } = io;
  const write: Io['stdout']['write'] = async (chunk) => {
    await clear();
    await stdout.write(chunk);
  };
  return { ...io, stdout: Object.create(stdout, { write: { value: write } }) };
}
