/**
 * When a request may go: one of a few places, and room in the API's window. It keeps what the requests of
 * one run have used, and what the API says that others have.
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

/** The longest wait that is worth it: the block after the limit lasts 5 minutes. */
export const MAX_WAIT_MS = 330_000;

export const CLOUDFLARE_PACE: Pace = { requests: 1150, windowMs: 300_000, parallel: 10 };

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
   * @throws {GoblinError} `interrupted`, or exit 7 where the API closes for longer than is worth a wait; in
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
    // Parallel requests wait for the same limit; it is reported once.
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
      // What is under way already will use up as many as run in parallel.
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

/** The error in place of a wait that is too long. */
export function rateLimited(ms: number, requestId?: string): GoblinError {
  const seconds = Math.ceil(ms / 1000).toLocaleString('en-US');
  const message = `the API's rate limit is used up: it asks for a pause of ${seconds} s`;
  return new GoblinError('quota', 'rate_limited', message, {
    hint: 'Run the command again after that.',
    retryable: true,
    requestId,
  });
}
