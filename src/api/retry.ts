/**
 * The one place that retries, at the pace of the rate limiter. Cloudflare allows a user 1,200 requests in 5 minutes,
 * over all of their tools, and then blocks every call, the dashboard's too, for the next 5 minutes
 * (developers.cloudflare.com/fundamentals/api/reference/limits). So a run stays below that, obeys `retry-after`,
 * reads from the `Ratelimit` header what other tools use, and says when it waits.
 */
import { GoblinError, interrupted } from '../contract/errors.ts';
import { type ApiRequest, effectOf, type Fetch, type HttpResponse } from './http.ts';
import {
  type Clock,
  MAX_WAIT_MS,
  type RateLimiter,
  type RetryOptions,
  rateLimited,
  rateLimiter,
} from './rate-limiter.ts';
import { refusalOf, requestIdOf } from './refusal.ts';

const MAX_ATTEMPTS = 4;
const RETRYABLE_STATUS = new Set([408, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 530]);

/**
 * @returns a fetch that waits its turn and retries what may be sent twice; never a D1 statement that writes.
 * @throws {GoblinError} as the given fetch does, and where a failed write may have been applied by one of its
 *   attempts, an error that says so (`maybeApplied`), even if the last attempt was refused.
 */
export function withRetry(fetch: Fetch, options: RetryOptions): Fetch {
  const limiter = rateLimiter(options);
  return async (url, init) => {
    const leave = await limiter.enter();
    const progress: Progress = { maybeApplied: false };
    try {
      const response = await attempt({ url, init, progress }, fetch, options, limiter);
      if (response.ok || !progress.maybeApplied) return response;
      throw await refusalOf(response);
    } catch (error) {
      if (!(error instanceof GoblinError) || !progress.maybeApplied) throw error;
      throw error.with({ maybeApplied: true });
    } finally {
      leave();
    }
  };
}

interface Progress {
  /** Whether an attempt at a write may have been applied although it failed. */
  maybeApplied: boolean;
}

interface Request {
  url: string;
  init: ApiRequest;
  progress: Progress;
}

async function attempt(
  request: Request,
  fetch: Fetch,
  options: RetryOptions,
  limiter: RateLimiter,
): Promise<HttpResponse> {
  const { url, init, progress } = request;
  const signal = init.signal ?? undefined;
  for (let tries = 1; ; tries++) {
    await limiter.pace(signal);
    options.usage.requests++;
    const outcome = await settle(fetch(url, init));
    if ('status' in outcome) limiter.listen(outcome.headers);
    progress.maybeApplied ||= effectOf(init) !== 'read' && isUnclear(outcome);
    const wait = tries < MAX_ATTEMPTS ? waitBeforeRetry(init, outcome, tries, options.clock) : null;
    if (wait === null) return unwrap(outcome);
    options.usage.retries++;
    await limiter.wait(wait.ms, wait.reason, signal);
    if (signal?.aborted) throw interrupted();
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

/** Whether a failed request may have been applied: after a broken exchange or a 5xx that is not known. */
function isUnclear(outcome: Outcome): boolean {
  if ('status' in outcome) return outcome.status >= 500 || outcome.status === 408;
  return !wasNotSent(outcome);
}

/** Errors of a connection that never came about. */
const NOT_SENT: ReadonlySet<string> = new Set(['api_unreachable', 'proxy_unreachable']);

function wasNotSent(outcome: Outcome): boolean {
  return (
    'error' in outcome && outcome.error instanceof GoblinError && NOT_SENT.has(outcome.error.code)
  );
}

interface Wait {
  ms: number;
  reason: string;
}

/** How long to wait before the same request is sent again, or null if it must not be. */
function waitBeforeRetry(
  init: ApiRequest,
  outcome: Outcome,
  tries: number,
  clock: Clock,
): Wait | null {
  if ('status' in outcome && outcome.status === 429) return afterLimit(outcome, tries, clock);
  if (effectOf(init) === 'once' && !wasNotSent(outcome)) return null;
  // Half a second, one, two; with up to a quarter of jitter, so that parallel runs spread out.
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
  throw rateLimited(ms, requestIdOf(response.headers));
}
