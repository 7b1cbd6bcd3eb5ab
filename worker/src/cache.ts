/**
 * Answers to cacheable GETs, for five minutes at most: in the isolate for speed, in KV for all isolates and
 * for the operator, whose purge holds as soon as KV shows it.
 */
import { CACHE_TTL, type CacheSummary } from '../../src/shards/cache.ts';
import { asMetadata } from '../../src/shards/summary.ts';
import { readUpTo } from './body.ts';
import { cacheKeyOf, isCacheable } from './cache-request.ts';
import type { Answer, Call } from './call.ts';
import { countDropped } from './dropped.ts';
import { forward } from './forward.ts';
import { background, openly, read, within, write } from './kv.ts';
import {
  CACHE_WRITES_PER_MINUTE,
  FLIGHT_MS,
  LEAST_KV_SECONDS,
  MAX_CACHED_BYTES,
  MAX_FLIGHTS,
  MAX_RESPONSES,
  ONE_MINUTE,
  REFRESH_MS,
} from './limits.ts';
import { oncePerName, remember, timesPerInterval } from './memory.ts';
import { isShareable, summaryOf, toResponse } from './stored-response.ts';

export interface Cached {
  body: ArrayBuffer;
  summary: CacheSummary;
  /** KV has shown it; false where KV was only given it, undefined where it was not. */
  isSeen?: boolean;
}

/** A response on its way from the backend, shared by requests that arrive meanwhile. */
interface Flight {
  /** Fulfilled once the response is kept, or will not be. */
  done: Promise<unknown>;
  startedAt: number;
}

/** Responses, and those on their way from the backend, by key. */
const responses = new Map<string, Cached>();
const flights = new Map<string, Flight>();

/** By key: whether it is to be asked for again. */
const isDue = oncePerName(REFRESH_MS, MAX_RESPONSES);
const mayStore = timesPerInterval(CACHE_WRITES_PER_MINUTE, ONE_MINUTE);

/** Looks for the answer in KV where it is new to this isolate. */
export function loadCached(call: Call): Promise<unknown> | undefined {
  if (!isCacheable(call)) return;
  // The key may depend on flags.
  return call.flagsLoading ? call.flagsLoading.then(() => look(call)) : look(call);
}

function look(call: Call): Promise<unknown> | undefined {
  call.key = cacheKeyOf(call);
  if (!held(call)) return openly(call, refresh(call));
}

/** The response in the isolate, unless it is too old. */
function held(call: Call): Cached | undefined {
  const cached = responses.get(call.key);
  return cached && call.now < endOf(cached) ? cached : undefined;
}

/** When a response is no longer fresh. Entries of older Workers do not say. */
function endOf({ summary: { cached_at, fresh_until } }: Cached): number {
  return Math.min(fresh_until ?? Number.POSITIVE_INFINITY, cached_at + CACHE_TTL * 1000);
}

/** Takes over what KV shows: a response, or that one it had has been purged. */
async function refresh(call: Call): Promise<void> {
  const { value: body, metadata } = await read(call, call.key);
  if (body && metadata) keep(call, { body, summary: metadata as CacheSummary, isSeen: true });
  else if (responses.get(call.key)?.isSeen) responses.delete(call.key);
}

/** Keeps a response in the isolate; throws where it is none. */
function keep(call: Call, cached: Cached): void {
  toResponse(call, cached);
  remember(responses, call.key, cached, MAX_RESPONSES);
}

export function answerShared(call: Call): Answer {
  if (call.key) return share(call);
}

async function share(call: Call): Promise<Response> {
  // At once where nobody is asking yet, so that the next one finds this one asking.
  const flight = flights.get(call.key);
  const patience = flight ? flight.startedAt + FLIGHT_MS - call.now : 0;
  if (flight && patience > 0) await within(patience, flight.done);
  const cached = held(call);
  return cached ? hit(call, cached) : ask(call);
}

function hit(call: Call, cached: Cached): Response {
  call.event = 'cache_hit';
  if (cached.isSeen === undefined) store(call, cached);
  if (cached.isSeen && isDue(call.key, call.now)) background(call, refresh(call));
  return toResponse(call, cached);
}

/** Asks the backend for all. The answer goes to this client as it comes, and is kept once it is whole. */
function ask(call: Call): Promise<Response> {
  let kept: ReadableStream | undefined;
  call.event = 'cache_miss';
  const asking = forward(call).then((response) => {
    if (!isShareable(response, Date.now())) return response;
    let onward: ReadableStream;
    [onward, kept] = response.body.tee();
    const answer = new Response(onward, response);
    answer.headers.set('X-Cache', 'MISS');
    return answer;
  });
  const keeping = asking
    .then((response) => kept && keepWhole(call, response, kept))
    .catch(() => {});
  takeOff(call, keeping);
  return asking;
}

/** Lets others wait for a response. It ends with its client, whom the backend may keep waiting for ever. */
function takeOff(call: Call, keeping: Promise<unknown>): void {
  const done = Promise.race([keeping, leaving(call.request)]);
  const flight: Flight = { done, startedAt: call.now };
  remember(flights, call.key, flight, MAX_FLIGHTS);
  background(
    call,
    done.then(() => {
      if (flights.get(call.key) === flight) flights.delete(call.key);
    }),
  );
}

/** Fulfilled when the client has left. */
function leaving({ signal }: Request): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function keepWhole(call: Call, response: Response, stream: ReadableStream): Promise<void> {
  const body = await readUpTo(stream, MAX_CACHED_BYTES);
  const cached = { body, summary: summaryOf(response, body.byteLength, Date.now()) };
  keep(call, cached);
  // One who makes up query strings asks for none of them twice, and so makes nobody write.
  if (!call.key.includes('?')) store(call, cached);
}

/** Writes a response to KV, if it lasts long enough and may be written. */
function store(call: Call, cached: Cached): void {
  const seconds = (endOf(cached) - call.now) / 1000;
  if (seconds < LEAST_KV_SECONDS) return;
  const obstacle = obstacleTo(call, cached);
  if (obstacle !== undefined) countDropped('cache', obstacle);
  else writeBehind(call, cached, seconds);
}

function obstacleTo(call: Call, { summary }: Cached): string | undefined {
  if (!asMetadata(summary)) return 'metadata_too_large';
  if (!mayStore(call.now)) return 'minute';
}

function writeBehind(call: Call, cached: Cached, seconds: number): void {
  cached.isSeen = false;
  const writing = write(call, 'cache', call.key, cached.body, cached.summary, seconds);
  // Once KV has shown it, its absence is a purge.
  background(
    call,
    writing.then((isWritten) => (isWritten ? refresh(call) : undefined)),
  );
}
