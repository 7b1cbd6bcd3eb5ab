/**
 * A request body on its way to the backend. workerd ends a chunked body properly when its source fails, as
 * if it were whole, unless the request itself is aborted; so a body that breaks aborts its request.
 */
import { hasFailed } from './body.ts';

type Problem = 'broken' | 'too_large';

export interface Upload {
  /** What the backend gets, and the signal that ends the request to it. */
  body: ReadableStream;
  signal: AbortSignal;
  /** Fulfilled when the body is sent, or the backend takes no more of it; rejected when it breaks. */
  sent: Promise<void>;
  /** Why it broke: the client stopped in the middle, or sent more than it may. */
  problem?: Problem;
  /** Ends the request to the backend. */
  abort(): void;
}

/**
 * Starts to send a body.
 * @param length from Content-Length; null where the body is chunked, and counted as it passes.
 */
export function startUpload(source: ReadableStream, length: string | null, limit: number): Upload {
  const stop = new AbortController();
  const { readable, writable } =
    length === null ? new IdentityTransformStream() : new FixedLengthStream(Number(length));
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
  // Whoever waits for the response learns of it there.
  upload.sent.catch(() => {});
  return upload;
}

type Fail = (problem: Problem, reason: unknown) => never;

/** Sends a body of known length, without JavaScript for each chunk; rejected when the source fails. */
async function pump(source: ReadableStream, sink: WritableStream): Promise<void> {
  try {
    await source.pipeTo(sink, { preventCancel: true });
  } catch (reason) {
    if (await hasFailed(source)) throw reason;
    // The backend takes no more: it has answered early, or failed. The response will tell.
    source.cancel(reason).catch(() => {});
  }
}

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
