/** Reading no more of a body than one wants. */
import { fieldsOf } from '../../src/shards/summary.ts';
import { parseJson } from './kv.ts';
import { MAX_JSON_BYTES } from './limits.ts';

/**
 * The same bytes, and an error in the place of those beyond `limit`.
 * @param stop is told first: a request whose body fails would otherwise end as if the body were whole.
 */
export function limited(
  body: ReadableStream<Uint8Array>,
  limit: number,
  stop?: AbortController,
): ReadableStream<Uint8Array> {
  let bytes = 0;
  return body.pipeThrough(
    new TransformStream({
      transform(chunk: Uint8Array, out) {
        bytes += chunk.byteLength;
        if (bytes <= limit) return out.enqueue(chunk);
        stop?.abort();
        out.error(null);
      },
    }),
  );
}

/** All bytes of a stream; a rejection where it has more than `limit`. */
export function readUpTo(stream: ReadableStream | null, limit: number): Promise<ArrayBuffer> {
  return new Response(stream && limited(stream, limit)).arrayBuffer();
}

/** The fields of a JSON object; none where a body is something else, or too large. */
export function readJson(stream: ReadableStream | null): Promise<Record<string, unknown>> {
  return readUpTo(stream, MAX_JSON_BYTES).then(
    (bytes) => fieldsOf(parseJson(bytes)),
    () => ({}),
  );
}
