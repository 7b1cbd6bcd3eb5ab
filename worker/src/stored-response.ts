/** A response as the cache keeps it: status, headers and body. */
import { CACHE_TTL, type CacheSummary } from '../../src/shards/cache.ts';
import type { Cached } from './cache.ts';
import type { Call } from './call.ts';
import { freshness } from './freshness.ts';

/** Codings that the runtime undoes when a body is read, so that the cache holds plain bytes. */
const READABLE_CODING = /^(gzip|br|identity)?$/i;
/** Headers that are not kept: of one connection, of one client, of the coding, or set anew each time. */
const NOT_KEPT =
  /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|set-cookie|content-(length|encoding|type)|age|date|x-cache)$/;

/** Whether a response is the same for everybody. The key has only URL and flags; nothing else may vary it. */
export function isShareable(
  response: Response,
  now: number,
): response is Response & { body: ReadableStream } {
  const { status, body, headers } = response;
  return (
    (status === 200 || status === 203) &&
    !!body &&
    !headers.has('Set-Cookie') &&
    READABLE_CODING.test(headers.get('Content-Encoding') ?? '') &&
    /^(accept-encoding)?$/i.test(headers.get('Vary') ?? '') &&
    freshness(headers, now, CACHE_TTL).seconds > 0
  );
}

/** What is stored beside the body of a response that came at `now`. */
export function summaryOf({ status, headers }: Response, size: number, now: number): CacheSummary {
  const { seconds, age } = freshness(headers, now, CACHE_TTL);
  return {
    status,
    content_type: headers.get('Content-Type') ?? '',
    size,
    cached_at: now,
    fresh_until: now + seconds * 1000,
    age,
    headers: Object.fromEntries([...headers].filter(([name]) => !NOT_KEPT.test(name))),
  };
}

/** The response to a client. Entries of older Workers have no headers but the content type. */
export function toResponse(call: Call, { body, summary }: Cached): Response {
  const { status, content_type, cached_at, age = 0, headers = {} } = summary;
  const answer = new Response(body, { status, headers });
  if (content_type) answer.headers.set('Content-Type', content_type);
  answer.headers.set('X-Cache', 'HIT');
  answer.headers.set('Age', `${age + Math.max(0, Math.trunc((call.now - cached_at) / 1000))}`);
  return answer;
}
