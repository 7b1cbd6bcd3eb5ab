import { GoblinError } from '../contract/errors.ts';

/** A bulk report names what is unknown; of a single write the error has to say it. */
export function unconfirmed(error: unknown): unknown {
  if (!(error instanceof GoblinError) || !error.maybeApplied) return error;
  const { outcome, message } = error;
  return error.with({
    outcome: outcome === 'interrupted' ? outcome : 'failed',
    message: `${message}; the write may or may not have been applied`,
    hint: 'Look at what is stored before you run the command again.',
  });
}
