/** How large a request may be, and reading no more of a body than one wants. */
import type { Answer, Call } from './call.ts';
import { setting } from './env.ts';
import { block } from './refuse.ts';

/** 10 MiB. */
const MAX_BODY_BYTES = 10_485_760;
/** Longest path and query in characters: what Cloudflare itself takes as a URL. */
const MAX_TARGET_LENGTH = 16_384;

/** Refuses what says that it is too large. A body that does not say is counted as it passes. */
export function limitSize(call: Call): Answer {
  if (call.target.length > MAX_TARGET_LENGTH)
    return block(call, 414, 'bad_request', 'URL too long');
  if (call.method === 'GET') return;
  if (Number(call.request.headers.get('Content-Length')) > maxBytes(call)) return tooLarge(call);
}

export function maxBytes({ env }: Call): number {
  return setting(env.MAX_BODY_BYTES, MAX_BODY_BYTES);
}

export function tooLarge(call: Call): Response {
  return block(call, 413, 'body_too_large', `more than ${maxBytes(call)} bytes`);
}

/** The same bytes, and an error, of which `overflow` is told, in the place of those beyond `limit`. */
export function limited(
  body: ReadableStream<Uint8Array>,
  limit: number,
  overflow?: () => void,
): ReadableStream<Uint8Array> {
  let bytes = 0;
  return body.pipeThrough(
    new TransformStream({
      transform(chunk: Uint8Array, out) {
        bytes += chunk.byteLength;
        if (bytes <= limit) return out.enqueue(chunk);
        overflow?.();
        out.error(null);
      },
    }),
  );
}

/** All bytes of a stream; a rejection where it has more than `limit`. */
export function readUpTo(stream: ReadableStream | null, limit: number): Promise<ArrayBuffer> {
  return new Response(stream && limited(stream, limit)).arrayBuffer();
}
