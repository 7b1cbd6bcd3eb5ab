import { GoblinError } from '../errors.ts';

/** A bulk report names what is unknown; of a single write the error has to say it. */
export async function single<T>(write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    throw error instanceof GoblinError && error.maybeApplied ? unconfirmed(error) : error;
  }
}

function unconfirmed(error: GoblinError): GoblinError {
  const { outcome, message } = error;
  return error.with({
    outcome: outcome === 'interrupted' ? outcome : 'failed',
    message: `${message}; the write may or may not have been applied`,
    hint: 'Look at what is stored before you run the command again.',
  });
}
