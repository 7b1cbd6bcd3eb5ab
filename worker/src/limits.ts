/** Every number that somebody may want to know or change. It imports nothing, so that all are inlined. */

/** Milliseconds after which flags and cached responses are asked for again, behind the request. */
export const REFRESH_MS = 2000;
/**
 * Seconds that a KV location may serve a read from its own cache: the least KV allows (CHANGELOG
 * kv/2026-01-30). What an operator changes is seen after that at the latest.
 */
export const KV_CACHE_SECONDS = 30;
/** Milliseconds to wait for what the request can do without. */
export const OPEN_PATIENCE_MS = 500;
/** Milliseconds to wait for a session: without an answer there is none, so a slow KV is better than none. */
export const SESSION_PATIENCE_MS = 3000;

/** Least milliseconds between two reads of a bucket by one isolate. */
export const REREAD_MS = 1000;
/** Of a client far from its limit, only every so many-th request is worth a read, */
export const REREAD_EVERY = 10;
/** or the first after so many milliseconds: KV's own cache shows nothing new before. */
export const QUIET_MS = 30_000;
/** KV takes one write per key and second (developers.cloudflare.com/kv/platform/limits). */
export const REWRITE_MS = 1000;
/**
 * Requests in a window from which on a bucket is written to KV. Below it an address costs no write; up to
 * 19 requests in every isolate are its own business.
 */
export const SHARE_FROM = 20;
/** Addresses that an isolate keeps, about 2 MB. Whoever is forgotten near the limit is in KV. */
export const MAX_BUCKETS = 10_000;

/** Milliseconds between two writes of a session's `last_activity`. */
export const TOUCH_MS = 300_000;

/** Bytes of a chat or session request beyond which it is not read here. */
export const MAX_JSON_BYTES = 65_536;
/** UTF-16 units of a preview: ten of them, escaped, stay under the 8 KB that servers take as a header. */
export const PREVIEW_LENGTH = 100;
/** UTF-16 units of a message that are looked at: what is hidden makes room for what follows. */
export const READ_LENGTH = 4000;

/** Bytes of a response that is still cached. */
export const MAX_CACHED_BYTES = 1_048_576;
/** Responses that an isolate keeps. */
export const MAX_RESPONSES = 50;
/** Responses that an isolate writes to KV in a minute, whatever is asked for. */
export const CACHE_WRITES_PER_MINUTE = 30;
/** Milliseconds after which nobody waits any more for another request's response. */
export const FLIGHT_MS = 1000;
/** Responses under way from the backend that an isolate knows of. */
export const MAX_FLIGHTS = 1000;
/** Seconds for which a response must be fresh to be worth a KV write: KV shows it elsewhere only later. */
export const LEAST_KV_SECONDS = 60;

/** Bytes of a response that is passed on unwatched: it comes in one piece with its headers. */
export const UNWATCHED_BYTES = 512;

/** Characters of a path in an event; with it the summary stays within KV's 1,024 bytes of metadata. */
export const EVENT_PATH_LENGTH = 256;
export const ONE_MINUTE = 60_000;
/** `backend_error` events that an isolate leaves in a minute beyond the sample: failures must be seen. */
export const BACKEND_ERRORS_PER_MINUTE = 10;
/** Security events that an isolate writes in a minute, whatever the number of addresses. */
export const REPORTS_PER_MINUTE = 100;
/** Things that an isolate knows the last time of. */
export const MAX_DONE = 10_000;
