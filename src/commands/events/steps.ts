/** A window cut into steps of time, at round instants. */
import { usageError } from '../../contract/errors.ts';
import type { Span } from '../../kv/ranges/ranges.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;
/** Steps of a window that is left to choose them: about one screen. */
const SCREEN = 30;
/** Steps at most: beyond, the operator has probably mistaken the unit. */
const MOST = 10_000;
const ROUND = [1000, 10_000, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR];

/** A step of time; times in milliseconds since 1970. */
export interface Step extends Span {
  /** False for the first and the last step where the window cuts them. */
  complete: boolean;
}

export interface Steps {
  steps: readonly Step[];
  /** The number of the step that an instant belongs to. */
  indexOf(time: number): number;
}

/** @throws {GoblinError} exit 2 where the steps would be too many */
export function stepsOf(span: Span, bucket: number | undefined): Steps {
  const size = bucket ?? roundSize(span.to - span.from);
  const first = span.from - (span.from % size);
  const count = Math.ceil((span.to - first) / size);
  if (count > MOST) {
    throw usageError(
      'too_many_steps',
      `that would be ${count.toLocaleString('en-US')} steps`,
      'Make --bucket longer, or the window shorter.',
    );
  }
  const steps = Array.from({ length: count }, (_, i) => {
    const from = first + i * size;
    const to = from + size;
    return { from, to, complete: from >= span.from && to <= span.to };
  });
  // What the edge dates ahead of this machine's clock belongs to the last step.
  return { steps, indexOf: (time) => Math.min(count - 1, Math.floor((time - first) / size)) };
}

/** The shortest round length of a step with which all steps fit on a screen. Both in milliseconds. */
function roundSize(length: number): number {
  const fitting = ROUND.find((size) => length / size <= SCREEN);
  return fitting ?? 24 * HOUR * Math.ceil(length / (24 * HOUR * SCREEN));
}
