import { GoblinError, interrupted } from '../../contract/errors.ts';
import type { Change, ChangeOutcome, Step } from '../../plan/step.ts';

/**
 * A step that makes one request to the edge for each change, one after the other. It ends at the first one that
 * fails, because the next would fail for the same reason.
 */
export function liveStep<Row>(
  changes: readonly Change<Row>[],
  send: (id: string) => Promise<unknown>,
): Step<Row> {
  return {
    changes,
    cost: { 'edge.requests': changes.length },
    async apply({ signal, onProgress }) {
      const outcomes = new Map<string, ChangeOutcome>(changes.map(({ id }) => [id, 'untried']));
      for (const [i, { id }] of changes.entries()) {
        if (signal.aborted) return { outcomes, stopped: interrupted() };
        try {
          await send(id);
          outcomes.set(id, 'done');
        } catch (error) {
          if (!(error instanceof GoblinError)) throw error;
          if (error.maybeApplied) outcomes.set(id, 'unknown');
          return { outcomes, stopped: error };
        }
        onProgress(i + 1);
      }
      return { outcomes, stopped: null };
    },
  };
}
