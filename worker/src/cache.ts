/**
 * Answers to `GET /health`, `/models`, `/providers` and `/settings`, for five minutes: in the isolate for
 * speed, in KV for all isolates and for the operator, whose purge holds as soon as KV shows it.
 */
import { CACHE_TTL, type CacheSummary } from '../../src/shards/cache.ts';
import { fieldsOf } from '../../src/shards/summary.ts';
import { toMilliseconds } from '../../src/shards/time.ts';
import { readUpTo } from './body.ts';
import { isShareable, MAX_CACHED_BYTES, sharedKey } from './cacheable.ts';
import type { Answer, Call } from './call.ts';
import { forward } from './forward.ts';
import { background, openly, readBytes, within, write } from './kv.ts';
import { isAllowed, remember } from './memory.ts';

export interface Cached extends CacheSummary {
  body: ArrayBuffer;
  /** When KV was last asked whether it still has it. */
  checkedAt: number;
  /** KV has it, or was given it. */
  stored: boolean;
  /** KV has shown it, so that its absence means that it was purged. */
  seen: boolean;
}

/** Milliseconds after which KV is asked, behind the request, whether it still has a response. */
const RECHECK_MS = 2000;
/** Milliseconds that a request waits for another one's response. */
const FLIGHT_MS = 10_000;
/** Responses in an isolate, of 1 MiB at most each. */
const MAX_RESPONSES = 50;
/** Responses that an isolate writes to KV in a minute, whatever is asked for. */
const WRITES_PER_MINUTE = 30;

/** Looks for the answer in KV where it is new to this isolate. */
export function loadCached(call: Call): Promise<unknown> | undefined {
  const key = sharedKey(call);
  call.cacheKey = key;
  if (key === null || call.memory.flights.has(key) || cachedHere(call, key)) return;
  return openly(call, readStored(call, key));
}

function cachedHere({ memory, now }: Call, key: string): Cached | undefined {
  const cached = memory.responses.get(key);
  return cached && now - cached.cached_at < CACHE_TTL * 1000 ? cached : undefined;
}

/** Takes a response over from KV. */
async function readStored(call: Call, key: string): Promise<boolean> {
  const { value: body, metadata } = await readBytes(call, key);
  const { status, content_type, cached_at: at } = fieldsOf(metadata);
  const cached_at = toMilliseconds(at);
  if (body === null || typeof status !== 'number' || typeof content_type !== 'string') return false;
  if (status < 200 || status > 299 || cached_at === null) return false;
  keep(call, key, {
    ...newCached(body, status, content_type, cached_at),
    stored: true,
    seen: true,
  });
  return true;
}

function newCached(
  body: ArrayBuffer,
  status: number,
  content_type: string,
  cached_at: number,
): Cached {
  const size = body.byteLength;
  const checkedAt = Date.now();
  return { body, size, status, content_type, cached_at, checkedAt, stored: false, seen: false };
}

function keep({ memory }: Call, key: string, cached: Cached): void {
  remember(memory.responses, key, cached, MAX_RESPONSES);
}

export function answerShared(call: Call): Answer {
  const key = call.cacheKey;
  if (!key) return;
  const cached = cachedHere(call, key);
  if (cached !== undefined) return hit(call, key, cached);
  const flight = call.memory.flights.get(key);
  return flight === undefined ? lead(call, key) : follow(call, key, flight);
}

function hit(call: Call, key: string, cached: Cached): Response {
  const { body, status, content_type, cached_at } = cached;
  call.event = 'cache_hit';
  if (!cached.stored) store(call, key, cached);
  else if (call.now - cached.checkedAt >= RECHECK_MS) background(call, recheck(call, key, cached));
  const age = Math.max(0, Math.floor((call.now - cached_at) / 1000));
  return new Response(body.byteLength > 0 ? body : null, {
    status,
    headers: { 'Content-Type': content_type, 'X-Cache': 'HIT', Age: `${age}` },
  });
}

/** Asks the backend on behalf of all. The answer goes to this client as it comes, and is kept once whole. */
async function lead(call: Call, key: string): Promise<Response> {
  const { flights } = call.memory;
  const { promise: flight, resolve: land } = Promise.withResolvers<Cached | null>();
  flights.set(key, flight);
  call.event = 'cache_miss';
  const response = await forward(call);
  const [onward, kept] = (isShareable(response) && response.body?.tee()) || [response.body, null];
  const landed = kept && keepWhole(call, key, response, kept).then(land);
  background(
    call,
    Promise.resolve(landed).finally(() => {
      land(null);
      flights.delete(key);
    }),
  );
  if (kept === null) return response;
  const answer = new Response(onward, response);
  answer.headers.set('X-Cache', 'MISS');
  return answer;
}

async function follow(call: Call, key: string, flight: Promise<Cached | null>): Promise<Response> {
  const landed = await within(FLIGHT_MS, flight).catch(() => {
    // Its request has died, and nobody else is to wait for it.
    call.memory.flights.delete(key);
  });
  return landed ? hit(call, key, landed) : forward(call);
}

async function keepWhole(
  call: Call,
  key: string,
  { status, headers }: Response,
  stream: ReadableStream,
): Promise<Cached> {
  const body = await readUpTo(stream, MAX_CACHED_BYTES);
  const cached = newCached(body, status, headers.get('Content-Type') ?? '', Date.now());
  keep(call, key, cached);
  // One who makes up query strings asks for none of them twice, and so makes nobody write.
  if (!key.includes('?')) store(call, key, cached);
  return cached;
}

/** Writes a response to KV, if this minute's allowance is not used up. */
function store(call: Call, key: string, cached: Cached): void {
  if (!isAllowed(call.memory, 'cache', call.now, WRITES_PER_MINUTE)) return;
  cached.stored = true;
  const { body, status, content_type, size, cached_at } = cached;
  const summary = { status, content_type, size, cached_at };
  const writing = write(call, key, body, summary, { expirationTtl: CACHE_TTL });
  background(
    call,
    writing.then(() => recheck(call, key, cached)),
  );
}

/** Asks KV whether it still has a response. */
async function recheck(call: Call, key: string, cached: Cached): Promise<void> {
  cached.checkedAt = call.now;
  const isStored = await readStored(call, key);
  // Only what was there can have been purged; before that, KV may just not show it yet.
  if (!isStored && cached.seen) call.memory.responses.delete(key);
}
