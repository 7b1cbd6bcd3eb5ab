/** What an edge refuses, as errors that say what to do. */
import { ADMIN_VARIABLE } from '../config/edge.ts';
import { GoblinError, usageError } from '../contract/errors.ts';

export function noAdminToken(url: string): GoblinError {
  return new GoblinError('access', 'no_admin_token', `the admin token of ${url} is unknown`, {
    hint: `Set ${ADMIN_VARIABLE} to the Worker's ADMIN_TOKEN.`,
  });
}

/** By its status alone. @param origin where the token came from */
export function refusedByStatus(url: string, status: number, origin: string): GoblinError {
  const message = `${url} answers ${status}`;
  if (status === 401) {
    return new GoblinError('access', 'bad_admin_token', message, {
      hint: `${origin} is not the Worker's ADMIN_TOKEN; check both.`,
    });
  }
  if (status === 404) {
    return new GoblinError('notFound', 'no_admin_route', message, {
      hint: 'Deploy a Worker that has this route, and set its ADMIN_TOKEN.',
    });
  }
  return new GoblinError('failed', 'edge_failed', message, {
    hint: 'Look at `wrangler tail`, and try again.',
    retryable: status >= 500,
  });
}

/** What the admin plane says of a request that it does not carry out. */
interface Refusal {
  url: string;
  status: number;
  code: string;
  message: string;
}

const HINTS: Readonly<Record<string, string>> = {
  room_closed: 'The operator has closed this room.',
  document_full: 'Delete fields first: a document has at most 500.',
};

/** By the code in the answer's body. */
export function refusedByCode({ url, status, code, message }: Refusal): GoblinError {
  if (code === 'bad_request') return usageError(code, `${url} refuses the request: ${message}`);
  if (code === 'unsupported_version') {
    return new GoblinError('failed', code, `${url} speaks another version: ${message}`, {
      hint: 'Use a goblin and Workers of the same release.',
    });
  }
  if (code === 'no_route') {
    return new GoblinError('notFound', 'no_admin_route', `the live Worker of ${url}: ${message}`, {
      hint: 'Deploy the live Worker of this release (worker/live).',
    });
  }
  if (status === 501) {
    return new GoblinError('access', 'no_live_worker', `${url} has no live Worker: ${message}`, {
      hint: 'Deploy worker/live, and bind it in the edge’s wrangler file; `goblin dev` runs both.',
    });
  }
  if (status >= 500) {
    return new GoblinError('failed', 'live_unavailable', `${url}: ${message}`, {
      hint: 'Try again; `wrangler tail goblin-live` shows why if it stays so.',
      retryable: true,
    });
  }
  return new GoblinError('failed', code, message, { hint: HINTS[code] });
}

/** An answer that is none of the admin plane: of the backend, or of an older Worker. */
export function notAdmin(url: string, message: string): GoblinError {
  return new GoblinError('failed', 'bad_answer', `${url} does not answer as an admin: ${message}`, {
    hint: 'Deploy the edge Worker of this release, and set its ADMIN_TOKEN.',
  });
}
