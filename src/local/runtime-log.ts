import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Hands each line of workerd's two streams to `onLog`, or reads and drops them lest they fill up. */
export function pipeLines(onLog: ((line: string) => void) | undefined) {
  return (...streams: [Readable, Readable]): void => {
    for (const stream of streams) {
      if (onLog) createInterface({ input: stream }).on('line', onLog);
      else stream.resume();
    }
  };
}
