/**
 * The one place that paces, waits and tries again. Cloudflare allows 1,200 requests in 5 minutes per user
 * over everything they run, and past that blocks every call, the dashboard's too, for the next 5 minutes
 * (developers.cloudflare.com/fundamentals/api/reference/limits). So one run keeps below it by itself,
 * obeys `retry-after`, listens to the `Ratelimit` header for what others use, and says when it waits.
 */
import { GoblinError } from '../errors.ts';
import type { Fetch } from './transport.ts';
import { requestIdOf } from './transport.ts';
import type { Usage } from './usage.ts';

export interface Pace {
  /** Requests that one run may make in a window; the rest of 1,200 is left to the operator's other tools. */
  requests: number;
  windowMs: number;
  /** Requests under way at once. */
  parallel: number;
}

export const CLOUDFLARE_PACE: Pace = { requests: 1150, windowMs: 300_000, parallel: 10 };

/** What the governor may do to the outside; tests put a clock of their own here. */
export interface Clock {
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  random(): number;
}

export interface GovernorOptions {
  pace: Pace;
  clock: Clock;
  usage: Usage;
  /** Told before each wait that a person would notice. */
  onWait: (ms: number, reason: string) => void;
}

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
    const leave = await turn.enter(init.signal ?? undefined);
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
): Promise<Response> {
  const signal = init.signal ?? undefined;
  for (let tries = 1; ; tries++) {
    await turn.pace(signal);
    options.usage.requests++;
    const outcome = await settle(fetch(url, init));
    if (outcome instanceof Response) turn.listen(outcome.headers);
    const wait =
      tries < MAX_ATTEMPTS ? waitBeforeRetry(url, init, outcome, tries, options.clock) : null;
    if (wait === null) return unwrap(outcome);
    options.usage.retries++;
    await turn.wait(wait.ms, wait.reason, signal);
  }
}

type Outcome = Response | { error: unknown };

async function settle(response: Promise<Response>): Promise<Outcome> {
  try {
    return await response;
  } catch (error) {
    return { error };
  }
}

function unwrap(outcome: Outcome): Response {
  if (outcome instanceof Response) return outcome;
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
  if (outcome instanceof Response && outcome.status === 429)
    return afterLimit(outcome, tries, clock);
  if (!mayRepeat(url, init)) return null;
  // Half a second, one, two; up to a quarter less, so that parallel runs do not meet again.
  const ms = 500 * 2 ** (tries - 1) * (1 - clock.random() / 4);
  if (outcome instanceof Response) {
    return RETRYABLE_STATUS.has(outcome.status)
      ? { ms, reason: `API error ${outcome.status}` }
      : null;
  }
  const { error } = outcome;
  return error instanceof GoblinError && error.retryable ? { ms, reason: error.message } : null;
}

/** A request refused with 429 was not applied, so any may be sent again. */
function afterLimit(response: Response, tries: number, clock: Clock): Wait {
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

interface Turnstile {
  /** Waits for one of the parallel places; the result gives it back. */
  enter(signal: AbortSignal | undefined): Promise<() => void>;
  /** Waits until the window has room for one more request, and takes it. */
  pace(signal: AbortSignal | undefined): Promise<void>;
  wait(ms: number, reason: string, signal: AbortSignal | undefined): Promise<void>;
  /** Takes note of what the API says is left. */
  listen(headers: Headers): void;
}

function turnstile({ pace, clock, usage, onWait }: GovernorOptions): Turnstile {
  const sent: number[] = [];
  const queue: (() => void)[] = [];
  let free = pace.parallel;
  let closedUntil = 0;
  let announcedUntil = 0;

  async function wait(ms: number, reason: string, signal: AbortSignal | undefined): Promise<void> {
    // Parallel requests hit the same wall; it is told once.
    if (ms >= 1000 && clock.now() >= announcedUntil) {
      announcedUntil = clock.now() + ms;
      usage.waitedMs += ms;
      onWait(ms, reason);
    }
    await clock.sleep(ms, signal);
  }

  return {
    wait,
    async enter() {
      if (free > 0) free--;
      else await new Promise<void>((resolve) => queue.push(resolve));
      return () => {
        const next = queue.shift();
        if (next) next();
        else free++;
      };
    },
    async pace(signal) {
      for (;;) {
        const now = clock.now();
        while (sent.length > 0 && (sent[0] ?? 0) <= now - pace.windowMs) sent.shift();
        const full = sent.length >= pace.requests ? (sent[0] ?? now) + pace.windowMs : 0;
        const opens = Math.max(full, closedUntil);
        if (opens <= now) break;
        await wait(opens - now, "the API's 1,200 requests in 5 minutes", signal);
      }
      sent.push(clock.now());
    },
    listen(headers) {
      const left = /\br=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1];
      const resets = /\bt=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1];
      if (left === undefined || resets === undefined) return;
      // What is under way already will use up as many as run in parallel.
      if (Number(left) <= pace.parallel - free) closedUntil = clock.now() + Number(resets) * 1000;
    },
  };
}
