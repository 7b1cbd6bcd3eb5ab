import { createColors } from 'picocolors';
import type { Io, Sink } from '../io/streams.ts';

export type Colours = ReturnType<typeof createColors>;

const OFF = new Set(['0', 'false']);

/**
 * Whether a stream gets colour. `--no-color` and a `NO_COLOR` that is not empty (https://no-color.org)
 * beat `FORCE_COLOR`, and that beats what the stream is.
 */
function hasColour(sink: Sink, env: Io['env'], flag: boolean): boolean {
  if (!flag || env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined) return !OFF.has(env.FORCE_COLOR);
  return sink.isTTY && env.TERM !== 'dumb';
}

/** Colours wherever the text goes, for help, from which commander removes them where there are none. */
export function allColours(): Colours {
  return createColors(true);
}

/** The colours of one stream: functions that return their text unchanged where it has none. */
export function coloursFor(sink: Sink, env: Io['env'], flag = true): Colours {
  return createColors(hasColour(sink, env, flag));
}
