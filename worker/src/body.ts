/** Bodies: reading no more of one than is wanted, passing one on, and noticing that one broke off. */
import { fieldsOf } from '../../src/shards/summary.ts';
import { parseJson } from './kv.ts';
import { MAX_JSON_BYTES } from './limits.ts';

/** All bytes of a stream. @throws where it has more than `limit`, of which no more are read. */
export async function readUpTo(stream: ReadableStream | null, limit: number): Promise<ArrayBuffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream ?? []) {
    bytes += chunk.byteLength;
    if (bytes > limit) throw new Error(`the body has more than ${limit} bytes`);
    chunks.push(chunk);
  }
  return new Blob(chunks).arrayBuffer();
}

/** The fields of a JSON object; none where a body is something else, or too large. */
export function readJson(stream: ReadableStream | null): Promise<Record<string, unknown>> {
  return readUpTo(stream, MAX_JSON_BYTES).then(
    (bytes) => fieldsOf(parseJson(bytes)),
    () => ({}),
  );
}

/** A stream that passes bytes on; with a length, it is sent with a Content-Length instead of in chunks. */
export function passThrough(length: string | null): IdentityTransformStream {
  return length === null ? new IdentityTransformStream() : new FixedLengthStream(Number(length));
}

/** Whether a stream that nobody reads has failed by itself. */
export async function hasFailed(stream: ReadableStream): Promise<boolean> {
  const reader = stream.getReader();
  try {
    await Promise.race([reader.closed, scheduler.wait(0)]);
    return false;
  } catch {
    return true;
  } finally {
    reader.releaseLock();
  }
}
