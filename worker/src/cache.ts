/**
 * Answers to `GET /health`, `/models`, `/providers` and `/settings`, for five minutes: in the isolate for
 * speed, in KV for all isolates and for the operator, whose purge holds as soon as KV shows it.
 */
import { CACHE_PREFIX, CACHE_TTL, type CacheSummary } from '../../src/shards/cache.ts';
import { readUpTo } from './body.ts';
import type { Answer, Call } from './call.ts';
import { countDropped } from './dropped.ts';
import { forward } from './forward.ts';
import { background, openly, read, within, write } from './kv.ts';
import {
  CACHE_WRITES_PER_MINUTE,
  FLIGHT_MS,
  MAX_CACHED_BYTES,
  MAX_RESPONSES,
  ONE_MINUTE,
  REFRESH_MS,
} from './limits.ts';
import { oncePerName, remember, timesPerInterval } from './memory.ts';

export interface Cached {
  body: ArrayBuffer;
  summary: CacheSummary;
  /** KV has shown it; false where KV was only given it, undefined where it was not. */
  isSeen?: boolean;
}

const SHARED = /^\/(health|models|providers|settings)$/;
/** Headers by which the backend may answer one caller otherwise than another. */
const PERSONAL = ['Authorization', 'Cookie', 'Origin', 'Range'];

/** Responses, and those on their way from the backend, by key. */
const responses = new Map<string, Cached>();
const flights = new Map<string, Promise<unknown>>();

/** By key: whether it is to be asked for again. */
const isDue = oncePerName(REFRESH_MS, MAX_RESPONSES);
const mayStore = timesPerInterval(CACHE_WRITES_PER_MINUTE, ONE_MINUTE);

/** Looks for the answer in KV where it is new to this isolate. */
export function loadCached(call: Call): Promise<unknown> | undefined {
  if (call.method !== 'GET' || !SHARED.test(call.path)) return;
  if (PERSONAL.some((header) => call.request.headers.has(header))) return;
  call.key = CACHE_PREFIX + call.target;
  if (!held(call)) return openly(call, refresh(call));
}

/** The response in the isolate, unless it is too old. */
function held(call: Call): Cached | undefined {
  const cached = responses.get(call.key);
  return cached && call.now - cached.summary.cached_at < CACHE_TTL * 1000 ? cached : undefined;
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

function toResponse(call: Call, { body, summary }: Cached): Response {
  return new Response(body, {
    status: summary.status,
    headers: {
      'Content-Type': summary.content_type,
      'X-Cache': 'HIT',
      Age: `${Math.trunc((call.now - summary.cached_at) / 1000)}`,
    },
  });
}

export function answerShared(call: Call): Answer {
  if (call.key) return share(call);
}

async function share(call: Call): Promise<Response> {
  // At once where nobody is asking yet, so that the next one finds this one asking.
  const flight = flights.get(call.key);
  if (flight) await within(FLIGHT_MS, flight);
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
    if (!isShareable(response)) return response;
    let onward: ReadableStream;
    [onward, kept] = response.body.tee();
    const answer = new Response(onward, response);
    answer.headers.set('X-Cache', 'MISS');
    return answer;
  });
  const flight = asking
    .then((response) => kept && keepWhole(call, response, kept))
    .catch(() => {})
    .then(() => flights.delete(call.key));
  flights.set(call.key, flight);
  background(call, flight);
  return asking;
}

/** Whether a response is the same for everybody. The key has only the URL, so nothing else may vary it. */
function isShareable(response: Response): response is Response & { body: ReadableStream } {
  const { ok, body, headers } = response;
  return (
    ok &&
    !!body &&
    !headers.has('Set-Cookie') &&
    !/private|no-(store|cache)/i.test(`${headers.get('Cache-Control')}`) &&
    /^(accept-encoding|null)$/i.test(`${headers.get('Vary')}`)
  );
}

async function keepWhole(
  call: Call,
  { status, headers }: Response,
  stream: ReadableStream,
): Promise<void> {
  const body = await readUpTo(stream, MAX_CACHED_BYTES);
  const content_type = headers.get('Content-Type') ?? '';
  const cached = {
    body,
    summary: { status, content_type, size: body.byteLength, cached_at: Date.now() },
  };
  keep(call, cached);
  // One who makes up query strings asks for none of them twice, and so makes nobody write.
  if (!call.key.includes('?')) store(call, cached);
}

/** Writes a response to KV, if this minute's allowance and the budget are not used up. */
function store(call: Call, cached: Cached): void {
  if (!mayStore(call.now)) {
    countDropped('cache', 'minute');
    return;
  }
  cached.isSeen = false;
  const writing = write(call, 'cache', call.key, cached.body, cached.summary, CACHE_TTL);
  // Once KV has shown it, its absence is a purge.
  background(
    call,
    writing.then((isWritten) => (isWritten ? refresh(call) : undefined)),
  );
}
