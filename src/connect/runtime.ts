/** What a run needs from its process. */
import type { Fetch } from '../api/http.ts';
import type { Io } from '../io/streams.ts';

/** Streams, clock, network and signal of a run. Tests put their own in. */
export interface Runtime {
  io: Io;
  signal: AbortSignal;
  now: () => number;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  random: () => number;
  /** Aborted after so many milliseconds. */
  deadline: (ms: number) => AbortSignal;
  fetch: Fetch;
}
