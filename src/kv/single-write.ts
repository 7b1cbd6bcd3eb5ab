import { GoblinError } from '../contract/errors.ts';

/** The error of a single write whose outcome is unknown; a bulk report would list its key. */
export function unconfirmed(error: unknown): unknown {
  if (!(error instanceof GoblinError) || !error.maybeApplied) return error;
  const { outcome, message } = error;
  return error.with({
    outcome: outcome === 'interrupted' ? outcome : 'failed',
    message: `${message}; the write may or may not have been applied`,
    hint: 'Look at what is stored before you run the command again.',
  });
}
