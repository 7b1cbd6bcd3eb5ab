/** Notices responses of the backend that break off on their way to the client. */
import { hasFailed, passThrough } from './body.ts';
import type { Call } from './call.ts';
import { record } from './events.ts';
import { background } from './kv.ts';
import { NOTICE_MS, UNWATCHED_BYTES } from './limits.ts';

/**
 * Returns the same response, and records a `backend_error` event if its body breaks off. Watching a body
 * costs a fifth of a request. So a body that fits into one packet with its headers is not watched, nor is
 * a compressed one, which would have to be decompressed.
 * @param headers the response's; what says nothing of its body may be missing in the response itself
 */
export function watched(call: Call, response: Response, headers: Headers): Response {
  const length = headers.get('Content-Length');
  // Checked first: to read `body` costs as much again.
  if (length !== null && Number(length) <= UNWATCHED_BYTES) return response;
  const { body } = response;
  if (!body || call.method === 'HEAD' || headers.has('Content-Encoding')) return response;
  const { readable, writable } = passThrough(length);
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

/** Finds out which side broke off, and records an event if it was the backend. */
async function blame(call: Call, body: ReadableStream, reason: unknown): Promise<void> {
  if (!(await hasFailed(body))) return body.cancel(reason);
  // A client that leaves may end the backend's connection as well, before its own end is noticed.
  await scheduler.wait(NOTICE_MS);
  if (call.request.signal.aborted) return;
  call.event = 'backend_error';
  record(call);
}
