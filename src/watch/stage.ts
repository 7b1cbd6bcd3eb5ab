/** Streams that keep what a run writes, so that it can be shown as a whole. */
import type { Io, Sink } from '../io/streams.ts';

export interface Stage {
  io: Io;
  /** What was written since the last call: to stdout, and to stderr. */
  take(): { shown: string; said: string };
}

/** @param onSaid told each text for stderr at once */
export function stageOf(io: Io, onSaid: (text: string) => void): Stage {
  let [shown, said] = ['', ''];
  const stdout = sinkLike(io.stdout, (text) => {
    shown += text;
  });
  const stderr = sinkLike(io.stderr, (text) => {
    said += text;
    onSaid(text);
  });
  return {
    io: { ...io, stdout, stderr },
    take() {
      const taken = { shown, said };
      [shown, said] = ['', ''];
      return taken;
    },
  };
}

function sinkLike(sink: Sink, keep: (text: string) => void): Sink {
  return {
    isTTY: sink.isTTY,
    keepsLines: true,
    get columns() {
      return sink.columns;
    },
    async write(chunk) {
      keep(typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk));
    },
  };
}
