import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';

/** So many of the last lines are kept, each up to so many characters: they go into an error's message. */
const KEPT = 5;
const LINE_LENGTH = 300;

export interface RuntimeLog {
  /** Reads workerd's two streams. */
  read(stdout: Readable, stderr: Readable): void;
  /** The last lines that say something. */
  lastLines(): readonly string[];
  /** Resolves when everything has been read that workerd printed. */
  drained(): Promise<void>;
}

/** Hands each line that workerd prints to `onLog`, and keeps the last ones. */
export function runtimeLog(onLog: (line: string) => void = () => {}): RuntimeLog {
  const kept: string[] = [];
  let reading: Promise<unknown> = Promise.resolve();
  const keep = (line: string) => {
    onLog(line);
    if (isAddresses(line)) return;
    kept.push(line.length > LINE_LENGTH ? `${line.slice(0, LINE_LENGTH)}…` : line);
    if (kept.length > KEPT) kept.shift();
  };
  return {
    read: (...streams) => {
      for (const input of streams) createInterface({ input }).on('line', keep);
      reading = Promise.allSettled(streams.map((stream) => finished(stream)));
    },
    lastLines: () => [...kept],
    drained: async () => void (await reading),
  };
}

/** workerd follows an error by a line of code addresses, which tell an operator nothing. */
function isAddresses(line: string): boolean {
  return line.trim() === '' || line.startsWith('stack: ');
}
