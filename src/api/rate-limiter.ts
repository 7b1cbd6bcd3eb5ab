/**
 * Decides when a request may be sent: when one of a few parallel places is free and the API's window has room. It
 * counts what this run has used, and reads from answers what other tools have used.
 */
import { GoblinError, interrupted } from '../contract/errors.ts';
import type { Usage } from './usage.ts';

export interface Pace {
  /** Requests that one run may make in a window; the rest of 1,200 is left to the operator's other tools. */
  requests: number;
  windowMs: number;
  /** Requests under way at once. */
  parallel: number;
}

/** The longest wait for the API; a block after the limit lasts 5 minutes. */
export const MAX_WAIT_MS = 330_000;

/** Requests that Cloudflare allows a user, over all tools (developers.cloudflare.com/fundamentals/api/reference/limits). */
export const CLOUDFLARE_LIMIT = { requests: 1200, windowMs: 300_000 };

/** Leaves a little of it to the operator's other tools. */
export const CLOUDFLARE_PACE: Pace = { ...CLOUDFLARE_LIMIT, requests: 1150, parallel: 10 };

/** The clock that waits and retries use. Tests put their own in. */
export interface Clock {
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  random(): number;
}

export interface RetryOptions {
  pace: Pace;
  clock: Clock;
  usage: Usage;
  /** Told before each wait that a person would notice. */
  onWait: (ms: number, reason: string) => void;
}

export interface RateLimiter {
  /** Waits for one of the parallel places; the result gives it back. */
  enter(): Promise<() => void>;
  /**
   * Waits until the window has room for one more request, and takes it.
   * @throws {GoblinError} `interrupted`, or exit 7 if the API is closed for longer than `MAX_WAIT_MS`; in
   *   both cases nothing was sent.
   */
  pace(signal: AbortSignal | undefined): Promise<void>;
  wait(ms: number, reason: string, signal: AbortSignal | undefined): Promise<void>;
  /** Takes note of what the API says is left. */
  listen(headers: Headers): void;
}

/** The waiting that all requests of one run share. */
export function rateLimiter({ pace, clock, usage, onWait }: RetryOptions): RateLimiter {
  const sent: number[] = [];
  const queue: (() => void)[] = [];
  let free = pace.parallel;
  let closedUntil = 0;
  let announcedUntil = 0;

  async function wait(ms: number, reason: string, signal: AbortSignal | undefined): Promise<void> {
    // Parallel requests wait for the same reason; it is reported once.
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
        if (signal?.aborted) throw interrupted();
        if (opens <= now) break;
        if (opens - now > MAX_WAIT_MS) throw rateLimited(opens - now);
        await wait(opens - now, "the API's 1,200 requests in 5 minutes", signal);
      }
      sent.push(clock.now());
    },
    listen(headers) {
      // Each request that is under way may not be counted in the header yet.
      const used = pace.parallel - free;
      for (const policy of (headers.get('ratelimit') ?? '').split(',')) {
        const left = /\br=(\d+)/.exec(policy)?.[1];
        const resets = /\bt=(\d+)/.exec(policy)?.[1];
        if (left === undefined || resets === undefined || Number(left) > used) continue;
        closedUntil = Math.max(closedUntil, clock.now() + Number(resets) * 1000);
      }
    },
  };
}

/** The error instead of a wait that is too long. */
export function rateLimited(ms: number, requestId?: string): GoblinError {
  const seconds = Math.ceil(ms / 1000).toLocaleString('en-US');
  const message = `the API's rate limit is used up: it asks for a pause of ${seconds} s`;
  return new GoblinError('quota', 'rate_limited', message, {
    hint: 'Run the command again after that.',
    retryable: true,
    requestId,
  });
}
