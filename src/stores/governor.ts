/**
 * The one place that paces, waits and tries again. Cloudflare allows 1,200 requests in 5 minutes per user
 * over everything they run, and past that blocks every call, the dashboard's too, for the next 5 minutes
 * (developers.cloudflare.com/fundamentals/api/reference/limits). So one run keeps below it by itself,
 * obeys `retry-after`, listens to the `Ratelimit` header for what others use, and says when it waits.
 */
import { GoblinError } from '../errors.ts';
import type { Fetch, HttpResponse } from '../http.ts';
import { requestIdOf } from './transport.ts';
import { type Clock, type GovernorOptions, type Turnstile, turnstile } from './turnstile.ts';

const MAX_ATTEMPTS = 4;
/** The longest wait that is worth it: the block after the limit lasts 5 minutes. */
const MAX_WAIT_MS = 330_000;
const RETRYABLE_STATUS = new Set([408, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 530]);
// POSTs that may be sent twice: reading, and deleting what is gone already.
const REPEATABLE_POST = /\/(bulk\/get|bulk\/delete)$/;

/** @returns a fetch that waits its turn and retries what may be sent twice; never a D1 statement. */
export function governed(fetch: Fetch, options: GovernorOptions): Fetch {
  const turn = turnstile(options);
  return async (url, init) => {
    const leave = await turn.enter();
    try {
      return await attempt(url, init, fetch, options, turn);
    } finally {
      leave();
    }
  };
}

async function attempt(
  url: string,
  init: RequestInit,
  fetch: Fetch,
  options: GovernorOptions,
  turn: Turnstile,
): Promise<HttpResponse> {
  const signal = init.signal ?? undefined;
  for (let tries = 1; ; tries++) {
    await turn.pace(signal);
    options.usage.requests++;
    const outcome = await settle(fetch(url, init));
    if ('status' in outcome) turn.listen(outcome.headers);
    const wait =
      tries < MAX_ATTEMPTS ? waitBeforeRetry(url, init, outcome, tries, options.clock) : null;
    if (wait === null) return unwrap(outcome);
    options.usage.retries++;
    await turn.wait(wait.ms, wait.reason, signal);
  }
}

type Outcome = HttpResponse | { error: unknown };

async function settle(response: Promise<HttpResponse>): Promise<Outcome> {
  try {
    return await response;
  } catch (error) {
    return { error };
  }
}

function unwrap(outcome: Outcome): HttpResponse {
  if ('status' in outcome) return outcome;
  throw outcome.error;
}

interface Wait {
  ms: number;
  reason: string;
}

/** How long to wait before the same request is sent again, or null where it must not be. */
function waitBeforeRetry(
  url: string,
  init: RequestInit,
  outcome: Outcome,
  tries: number,
  clock: Clock,
): Wait | null {
  if ('status' in outcome && outcome.status === 429) return afterLimit(outcome, tries, clock);
  if (!mayRepeat(url, init)) return null;
  // Half a second, one, two; up to a quarter less, so that parallel runs do not meet again.
  const ms = 500 * 2 ** (tries - 1) * (1 - clock.random() / 4);
  if ('status' in outcome) {
    return RETRYABLE_STATUS.has(outcome.status)
      ? { ms, reason: `API error ${outcome.status}` }
      : null;
  }
  const { error } = outcome;
  return error instanceof GoblinError && error.retryable ? { ms, reason: error.message } : null;
}

/** A request refused with 429 was not applied, so any may be sent again. */
function afterLimit(response: HttpResponse, tries: number, clock: Clock): Wait {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const ms = Number.isFinite(seconds)
    ? seconds * 1000
    : 1000 * 2 ** tries * (1 - clock.random() / 4);
  if (ms <= MAX_WAIT_MS) return { ms, reason: "Cloudflare's rate limit" };
  throw new GoblinError(
    'quota',
    'rate_limited',
    `the API asks for a pause of ${Math.ceil(seconds)} s`,
    {
      hint: 'Run the command again after that.',
      retryable: true,
      requestId: requestIdOf(response.headers),
    },
  );
}

function mayRepeat(url: string, init: RequestInit): boolean {
  return init.method !== 'POST' || REPEATABLE_POST.test(new URL(url).pathname);
}
