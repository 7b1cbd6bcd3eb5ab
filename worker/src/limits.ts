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
/** Milliseconds that work may go on behind a response (developers.cloudflare.com/workers/runtime-apis/context). */
export const BACKGROUND_MS = 30_000;
/** Milliseconds to wait for a session: without an answer there is none, so a slow KV is better than none. */
export const SESSION_PATIENCE_MS = 3000;

/** Least milliseconds between two reads of a bucket by one isolate. */
export const REREAD_MS = 1000;
/**
 * Of a client far from its limit, only every so many-th request is worth a read: other isolates write nothing
 * before they have counted as many (`SHARE_FROM`),
 */
export const REREAD_EVERY = 20;
/** or the first after so many milliseconds: KV's own cache shows nothing new before. */
export const QUIET_MS = 30_000;
/** KV takes one write per key and second (developers.cloudflare.com/kv/platform/limits). */
export const REWRITE_MS = 1000;
/**
 * Requests in a window from which on a bucket is written to KV, and again whenever the count has doubled
 * and when it reaches the limit: at 20, 40, 80 and 100.
 */
export const SHARE_FROM = 20;
/** Addresses and IPv6 networks that an isolate keeps, about 2 MB. */
export const MAX_BUCKETS = 10_000;

/** KV writes that an account may make in a day, where `KV_WRITES_PER_DAY` does not say: the free plan's. */
export const KV_WRITES_PER_DAY = 1000;
/** The part of them that isolates plan with; the rest is for logins, the operator, and more isolates. */
export const BUDGET_SHARE = 0.75;
/** Isolates that are taken to share them. How many there are cannot be known. */
export const BUDGET_ISOLATES = 4;
/** What a new isolate may write at once: as much as in so many milliseconds. */
export const BUDGET_START_MS = 3_600_000;
/** What an isolate saves up at most: as much as in so many milliseconds. */
export const BUDGET_BURST_MS = 10_800_000;
/** The part of the budget that events get where `ANALYTICS_SAMPLE` is not set. */
export const ANALYTICS_SHARE = 0.5;

/** Tokens that an isolate asks for at most, with a precise limit. */
export const MAX_LEASE = 25;
/** Milliseconds after which unspent tokens are given back, and for how long somebody looks after them. */
export const LEASE_IDLE_MS = 1000;
export const LEASE_WATCH_MS = 25_000;
/** Requests wait for the limiter for so many times so many milliseconds. */
export const LIMITER_TICKS = 5;
export const LIMITER_TICK_MS = 10;
/** Requests of one client that may wait for a late limiter while one of them passes without it. */
export const LATE_CROWD = 2;
/** Milliseconds for which a limiter that has failed, or was very late, is not asked. */
export const LIMITER_RETRY_MS = 1000;
/** Times that a request asks: its tokens may be gone, or its window over, when the answer comes. */
export const LIMITER_ROUNDS = 5;
/** Events about it that an isolate leaves in a minute. */
export const LIMITER_EVENTS_PER_MINUTE = 10;

/** Milliseconds between two writes of a session's `last_activity`. */
export const TOUCH_MS = 300_000;
/** Sessions that an isolate knows the last such write of. */
export const MAX_TOUCHED = 10_000;

/** Milliseconds to wait for an answer to the operator: all rooms may have to be asked. */
export const ADMIN_PATIENCE_MS = 25_000;

/** Bytes of a chat or session request beyond which it is not read here. */
export const MAX_JSON_BYTES = 65_536;
/** UTF-16 units of a preview: ten of them, escaped, stay under the 8 KB that servers take as a header. */
export const PREVIEW_LENGTH = 100;
/** UTF-16 units of a message that are looked at: what is hidden makes room for what follows. */
export const READ_LENGTH = 4000;
/** Users whose latest messages an isolate keeps until KV shows them. */
export const MAX_TALKING = 1000;
/** Bytes of `X-Goblin-Context` and of `X-Goblin-Flags`; many servers refuse a header of more than 8 KB. */
export const MAX_CONTEXT_BYTES = 8000;
export const MAX_FLAGS_BYTES = 4000;

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

/** Milliseconds after which a client that has left has been noticed. */
export const NOTICE_MS = 100;
/** Bytes of a response that is passed on unwatched: it comes in one piece with its headers. */
export const UNWATCHED_BYTES = 512;

/** Characters of a path in an event; with it the summary stays within KV's 1,024 bytes of metadata. */
export const EVENT_PATH_LENGTH = 256;
export const ONE_MINUTE = 60_000;
/** `backend_error` events that an isolate leaves in a minute beyond the sample: failures must be seen. */
export const BACKEND_ERRORS_PER_MINUTE = 10;
export const ONE_HOUR = 3_600_000;
export const ONE_DAY = 86_400_000;
/** Security events that an isolate writes in a minute, whatever the number of addresses. */
export const REPORTS_PER_MINUTE = 100;
/** Addresses and kinds that an isolate knows to have been reported in this minute. */
export const MAX_REPORTED = 10_000;
/** Event keys that an isolate knows to be taken. */
export const MAX_EVENT_KEYS = 1000;

/** Milliseconds that a request waits for D1. */
export const D1_PATIENCE_MS = 3000;
/** Milliseconds that D1 has to take what is written behind requests. */
export const D1_WRITE_PATIENCE_MS = 8000;
/** Milliseconds that D1 is left alone after it failed, doubled with each further failure up to the most. */
export const D1_REST_MS = 1000;
export const D1_MOST_REST_MS = 60_000;
/** Milliseconds for which the flags of D1 hold where KV has none: as long as KV's own cache shows a change late. */
export const D1_FLAGS_MS = 30_000;

/** Least milliseconds between two flushes of usage or audit entries by one isolate. */
export const FLUSH_MS = 1000;
/** Requests that earn one written row of usage: what is not earned waits to be summed up further, */
export const REQUESTS_PER_ROW = 25;
/** beyond the rows that a new isolate may write at once and those that one may save up or owe, */
export const FIRST_ROWS = 20;
export const MOST_ROWS = 1000;
/** for so many milliseconds at most, */
export const USAGE_AGE_MS = 60_000;
/** or until no request has come for about so many: less than a Worker may run on behind a response. */
export const USAGE_PAUSE_MS = 20_000;
/** Sums and entries that an isolate keeps until D1 takes them. */
export const MAX_USAGE = 1000;
export const MAX_AUDIT = 500;
/** Names of endpoints that an isolate tells apart, and how many of them may follow the same path. */
export const MAX_ENDPOINTS = 500;
export const MAX_SIBLINGS = 30;
/** Segments of an endpoint, and paths whose endpoint an isolate remembers. */
export const MAX_SEGMENTS = 8;
export const MAX_PATHS = 1000;
/** Characters of a user id, and of what a client says in a header, that D1 is given. */
export const MAX_D1_TEXT = 256;
