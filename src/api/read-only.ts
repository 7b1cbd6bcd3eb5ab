/** `--read-only`: a run that may look at everything and change nothing. */
import { GoblinError } from '../contract/errors.ts';
import { effectOf, type Fetch } from './http.ts';

/**
 * A fetch that sends nothing that may change something: the one place that every request passes, whatever
 * the product.
 * @throws {GoblinError} `read_only`, exit 4, before anything is sent
 */
export function withoutWrites(fetch: Fetch): Fetch {
  return async (url, init) => {
    if (effectOf(init) !== 'read') throw readOnly('cannot write');
    return fetch(url, init);
  };
}

/** The refusal of a change. @param what the change, as in "cannot revoke 3 sessions" */
export function readOnly(what: string): GoblinError {
  return new GoblinError('access', 'read_only', `${what}: this run is read-only`, {
    hint: 'Nothing was changed. Leave out --read-only, or unset GOBLIN_READ_ONLY, to allow changes.',
  });
}
