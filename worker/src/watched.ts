/** Responses of the backend that break off are noticed on their way to the client. */
import { hasFailed } from './body.ts';
import type { Call } from './call.ts';
import { record } from './events.ts';
import { background } from './kv.ts';
import { NOTICE_MS, UNWATCHED_BYTES } from './limits.ts';

/**
 * The same response; when its body breaks off, a `backend_error` event is left. To watch a body costs a
 * fifth of a request, so a body that fits in the packet of its headers is not watched, nor a compressed
 * one, which would have to be unpacked.
 */
export function watched(call: Call, response: Response): Response {
  const { headers } = response;
  const length = headers.get('Content-Length');
  // Before anything else of the response is touched, which costs as much again.
  if (length !== null && Number(length) <= UNWATCHED_BYTES) return response;
  const { body } = response;
  if (!body || call.method === 'HEAD' || headers.has('Content-Encoding')) return response;
  const { readable, writable } =
    length === null ? new IdentityTransformStream() : new FixedLengthStream(Number(length));
  void pass(call, body, writable);
  return new Response(readable, response);
}

async function pass(call: Call, body: ReadableStream, sink: WritableStream): Promise<void> {
  try {
    await body.pipeTo(sink, { preventCancel: true });
  } catch (reason) {
    background(call, blame(call, body, reason));
  }
}

/** Finds out who broke off, and leaves an event if it was the backend. */
async function blame(call: Call, body: ReadableStream, reason: unknown): Promise<void> {
  if (!(await hasFailed(body))) return body.cancel(reason);
  // A client that leaves may end the backend's connection, too, and be noticed a little later.
  await scheduler.wait(NOTICE_MS);
  if (call.request.signal.aborted) return;
  call.event = 'backend_error';
  record(call);
}
