/**
 * Sends request bodies to the backend. When the source of a chunked body fails, workerd ends the body as if
 * it were complete, unless the request itself is aborted. So a body that breaks off aborts its request.
 */
import { hasFailed, passThrough } from './body.ts';

type Problem = 'broken' | 'too_large';

export interface Upload {
  /** The body of the request to the backend, and the signal that aborts this request. */
  body: ReadableStream;
  signal: AbortSignal;
  /** Fulfilled when the body is sent or the backend takes no more of it; rejected if it breaks off. */
  sent: Promise<void>;
  /** Why it was not sent: the client stopped in the middle, or sent more than the limit. */
  problem?: Problem;
  /** Aborts the request to the backend. */
  abort(): void;
}

/**
 * Starts to send a body.
 * @param length from Content-Length; null where the body is chunked, and counted as it passes.
 */
export function startUpload(source: ReadableStream, length: string | null, limit: number): Upload {
  const stop = new AbortController();
  const { readable, writable } = passThrough(length);
  const upload: Upload = {
    body: readable,
    signal: stop.signal,
    sent: Promise.resolve(),
    abort: () => stop.abort(),
  };
  const counted = length === null ? source.pipeThrough(countUpTo(limit, upload)) : source;
  upload.sent = pump(counted, writable).catch((reason) => {
    upload.problem ??= 'broken';
    stop.abort(reason);
    throw reason;
  });
  // The rejection is handled where the response is awaited.
  upload.sent.catch(() => {});
  return upload;
}

/** Passes a chunked body on, and fails where it has more than `limit` bytes. */
function countUpTo(limit: number, upload: Upload): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes <= limit) return controller.enqueue(chunk);
      upload.problem = 'too_large';
      throw new Error(`the body has more than ${limit} bytes`);
    },
  });
}

/** Sends a body; rejected if its source fails. One of known length needs no JavaScript per chunk. */
async function pump(source: ReadableStream, sink: WritableStream): Promise<void> {
  try {
    await source.pipeTo(sink, { preventCancel: true });
  } catch (reason) {
    if (await hasFailed(source)) throw reason;
    // The backend takes no more: it has answered early or failed. The response tells which.
    source.cancel(reason).catch(() => {});
  }
}
