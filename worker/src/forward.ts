/** The backend: everything that is not answered here goes there, and comes back as it is sent. */
import { limited, maxBytes, tooLarge } from './body.ts';
import type { Call } from './call.ts';
import { setting } from './env.ts';
import { callersFlags } from './flags.ts';
import { failure } from './refuse.ts';

const API_TIMEOUT_MS = 60_000;
/** What only the Worker may say. With `_` as well: many a server takes `X_User_Id` for `X-User-Id`. */
const RESERVED = /^x[-_](user[-_]id|goblin[-_])/;

/**
 * Sends the request to the backend. The answer is passed on untouched, so that streams stay streams and
 * WebSockets stay open.
 * @param body goes in place of the request's own.
 */
export function forward(call: Call, body?: ReadableStream): Promise<Response> {
  const { request, env } = call;
  return new Promise((resolve) => {
    const fail = (status: number, code: string, message: string) => {
      call.event = 'backend_error';
      resolve(failure(status, code, message));
    };
    const timer = setTimeout(
      () => fail(504, 'backend_timeout', 'The backend took too long.'),
      setting(env.API_TIMEOUT_MS, API_TIMEOUT_MS),
    );
    const counted = body ?? countedBody(call, () => resolve(tooLarge(call)));
    const inbound = counted ? new Request(request, { body: counted }) : request;
    const outbound = new Request(env.API_URL + call.target, inbound);
    vouch(outbound.headers, call);
    fetch(outbound)
      .then(resolve, () => fail(502, 'backend_unreachable', 'The backend cannot be reached.'))
      .finally(() => clearTimeout(timer));
  });
}

/** The body of a request that does not say how long it is; undefined for all others. */
function countedBody(call: Call, overflow: () => void): ReadableStream | undefined {
  const { method, request } = call;
  if (method === 'GET' || request.headers.has('Content-Length') || !request.body) return;
  return limited(request.body, maxBytes(call), overflow);
}

/** Takes out what only the Worker may say, and says it. */
function vouch(headers: Headers, call: Call): void {
  for (const name of [...headers.keys()]) if (RESERVED.test(name)) headers.delete(name);
  headers.set('X-Goblin-Flags', asciiJson(callersFlags(call)));
  if (call.session) headers.set('X-User-Id', encodeURI(call.session.user_id.toWellFormed()));
  if (call.messages) headers.set('X-Goblin-Context', asciiJson(call.messages));
}

/** JSON in printable ASCII: any header carries it, and any JSON parser reads it. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
