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
  const fail = (problem: Problem, reason: unknown): never => {
    upload.problem = problem;
    stop.abort(reason);
    throw reason;
  };
  upload.sent =
    length === null
      ? pumpCounted(source, writable, limit, fail)
      : pump(source, writable).catch((reason) => fail('broken', reason));
  // The rejection is handled where the response is awaited.
  upload.sent.catch(() => {});
  return upload;
}

type Fail = (problem: Problem, reason: unknown) => never;

/** Sends a body of known length, which needs no JavaScript per chunk; rejected if the source fails. */
async function pump(source: ReadableStream, sink: WritableStream): Promise<void> {
  try {
    await source.pipeTo(sink, { preventCancel: true });
  } catch (reason) {
    if (await hasFailed(source)) throw reason;
    // The backend takes no more: it has answered early or failed. The response tells which.
    source.cancel(reason).catch(() => {});
  }
}

/** Sends a chunked body. A loop, for a counting `TransformStream` costs a quarter more time. */
async function pumpCounted(
  source: ReadableStream,
  sink: WritableStream,
  limit: number,
  fail: Fail,
): Promise<void> {
  const reader = source.getReader();
  const writer = sink.getWriter();
  const breakOff = (problem: Problem, reason: unknown) => {
    reader.cancel(reason).catch(() => {});
    writer.abort(reason).catch(() => {});
    fail(problem, reason);
  };
  let bytes = 0;
  for (;;) {
    const chunk = await reader.read().catch((reason) => breakOff('broken', reason));
    if (!chunk || chunk.done) break;
    bytes += chunk.value.byteLength;
    if (bytes > limit) breakOff('too_large', new Error(`the body has more than ${limit} bytes`));
    const taken = await writer.write(chunk.value).then(
      () => true,
      () => false,
    );
    if (!taken) return void reader.cancel().catch(() => {});
  }
  await writer.close().catch(() => {});
}
