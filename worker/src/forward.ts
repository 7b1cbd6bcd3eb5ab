/** The backend: everything that is not answered here goes there, and comes back as it is sent. */
import { limited } from './body.ts';
import type { Call } from './call.ts';
import { addContext, asciiJson } from './context-headers.ts';
import { callersFlags } from './flags.ts';
import { within } from './kv.ts';
import { API_TIMEOUT_MS, MAX_BODY_BYTES } from './limits.ts';
import { refuse } from './refuse.ts';

/** What only the Worker may say. With `_` as well: many a server takes `X_User_Id` for `X-User-Id`. */
const RESERVED = /^x[-_](user[-_]id$|goblin[-_])/;

/**
 * Sends a request to the backend. The answer is passed on untouched, so that streams stay streams and
 * WebSockets stay open.
 * @param inbound the client's request, or one to send in its place.
 */
export async function forward(call: Call, inbound = call.request): Promise<Response> {
  const { env } = call;
  const { body } = inbound;
  const limit = Number(env.MAX_BODY_BYTES ?? MAX_BODY_BYTES);
  const length = inbound.headers.get('Content-Length');
  let stop: AbortController | undefined;
  const isTooLarge = () => Number(length) > limit || stop?.signal.aborted;
  try {
    if (isTooLarge()) throw new Error();
    let source = inbound;
    if (body && !length) {
      // It does not say its length, so it is counted as it passes.
      stop = new AbortController();
      source = new Request(inbound, { body: limited(body, limit, stop), signal: stop.signal });
    }
    const outbound = new Request(env.API_URL + call.target, source);
    vouch(outbound.headers, call);
    const response = await within(Number(env.API_TIMEOUT_MS ?? API_TIMEOUT_MS), fetch(outbound));
    return response ?? refuse(call, 504, 'backend_timeout', 'Slow backend.');
  } catch {
    return isTooLarge()
      ? refuse(call, 413, 'body_too_large', `over ${limit} bytes`)
      : refuse(call, 502, 'backend_down', 'No backend.');
  }
}

/** Takes out what only the Worker may say, and says it. */
function vouch(headers: Headers, call: Call): void {
  for (const name of [...headers.keys()]) if (RESERVED.test(name)) headers.delete(name);
  addContext(headers, callersFlags(call), call.context);
  if (call.session) headers.set('X-User-Id', asciiJson(call.session.user_id).slice(1, -1));
}
