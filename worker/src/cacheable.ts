/** Which requests may be answered from the cache, and which answers may go there. */
import { CACHE_PREFIX } from '../../src/shards/cache.ts';
import { byteLength, MAX_KEY_BYTES } from '../../src/shards/key.ts';
import type { Call } from './call.ts';

const SHARED_PATH = /^\/(health|models|providers|settings)$/;
/** Headers by which the backend may answer one caller otherwise than another. */
const PERSONAL = ['Authorization', 'Cookie', 'Origin', 'Range'];
export const MAX_CACHED_BYTES = 1_048_576;

/** The key under which the answer to a request may be shared, or null where it may not. */
export function sharedKey({ method, path, target, request }: Call): string | null {
  if (method !== 'GET' || !SHARED_PATH.test(path)) return null;
  if (PERSONAL.some((header) => request.headers.has(header))) return null;
  const key = CACHE_PREFIX + target;
  return byteLength(key) > MAX_KEY_BYTES ? null : key;
}

/** Whether a response is the same for everybody. The key has only the URL, so nothing else may vary it. */
export function isShareable({ ok, headers }: Response): boolean {
  return (
    ok &&
    !headers.has('Set-Cookie') &&
    !/private|no-store|no-cache/i.test(headers.get('Cache-Control') ?? '') &&
    /^(accept-encoding)?$/i.test(headers.get('Vary') ?? '')
  );
}
