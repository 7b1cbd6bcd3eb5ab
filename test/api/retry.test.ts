import { describe, expect, it } from 'vitest';
import { CLOUDFLARE_PACE, type Pace } from '../../src/api/rate-limiter.ts';
import { withRetry } from '../../src/api/retry.ts';
import { noUsage } from '../../src/api/usage.ts';
import { GoblinError } from '../../src/contract/errors.ts';

const READ = 'https://api.test/client/v4/accounts/a/storage/kv/namespaces/n/keys';
const D1 = 'https://api.test/client/v4/accounts/a/d1/database/d/query';
const BULK_DELETE = 'https://api.test/client/v4/accounts/a/storage/kv/namespaces/n/bulk/delete';

type Answer = Response | Error;

/** A retry layer whose clock only moves when it sleeps, in front of answers given one after another. */
function retrying(answers: (Answer | (() => Answer))[], pace: Pace = CLOUDFLARE_PACE) {
  let now = 1_000_000;
  let sent = 0;
  const waits: [number, string][] = [];
  const usage = noUsage();
  const fetch = withRetry(
    async () => {
      const next = answers[Math.min(sent++, answers.length - 1)];
      const answer = typeof next === 'function' ? next() : next;
      if (answer instanceof Error) throw answer;
      return answer?.clone() ?? new Response();
    },
    {
      pace,
      usage,
      clock: {
        now: () => now,
        sleep: async (ms) => {
          now += ms;
        },
        random: () => 0,
      },
      onWait: (ms, reason) => waits.push([ms, reason]),
    },
  );
  return { fetch, usage, waits, elapsed: () => now - 1_000_000, sent: () => sent };
}

const ok = () => new Response('{}');
const status = (code: number, headers: Record<string, string> = {}) =>
  new Response('{}', { status: code, headers });
const broken = new GoblinError('failed', 'api_cut_off', 'cut off', { retryable: true });

describe('retry', () => {
  it('sends 1,150 requests at once, then waits for the window', async () => {
    const { fetch, waits, elapsed } = retrying([ok]);
    for (let i = 0; i < 1150; i++) await fetch(READ, {});
    expect(elapsed()).toBe(0);
    await fetch(READ, {});
    expect(elapsed()).toBe(300_000);
    expect(waits).toEqual([[300_000, "the API's 1,200 requests in 5 minutes"]]);
  });

  it('never has more requests under way than its places', async () => {
    let open = 0;
    let most = 0;
    const fetch = withRetry(
      async () => {
        most = Math.max(most, ++open);
        await Promise.resolve();
        open--;
        return ok();
      },
      {
        pace: { requests: 1e9, windowMs: 1, parallel: 3 },
        usage: noUsage(),
        clock: { now: Date.now, sleep: async () => {}, random: () => 0 },
        onWait: () => {},
      },
    );
    await Promise.all(Array.from({ length: 50 }, () => fetch(READ, {})));
    expect(most).toBe(3);
  });

  it('waits as long as 429 says, visibly, and then sends again, whatever it was', async () => {
    for (const [url, method] of [
      [READ, 'GET'],
      [D1, 'POST'],
    ] as const) {
      const { fetch, waits, sent } = retrying([status(429, { 'retry-after': '37' }), ok]);
      expect((await fetch(url, { method })).status).toBe(200);
      expect(waits).toEqual([[37_000, "Cloudflare's rate limit"]]);
      expect(sent()).toBe(2);
    }
  });

  it('does not wait longer than the API ever blocks', async () => {
    const { fetch, sent } = retrying([status(429, { 'retry-after': '3600' })]);
    await expect(fetch(READ, {})).rejects.toMatchObject({ outcome: 'quota', code: 'rate_limited' });
    expect(sent()).toBe(1);
  });

  it('gives the 429 back when it stays', async () => {
    const { fetch, sent } = retrying([status(429, { 'retry-after': '1' })]);
    expect((await fetch(READ, {})).status).toBe(429);
    expect(sent()).toBe(4);
  });

  it.each([
    ['GET', READ, undefined],
    ['PUT', READ, undefined],
    ['DELETE', READ, undefined],
    ['POST', BULK_DELETE, 'repeatable'],
    ['POST', D1, 'read'],
  ] as const)(
    'sends a %s again after 503 and after a broken connection',
    async (method, url, effect) => {
      const { fetch, usage } = retrying([status(503), broken, ok]);
      expect((await fetch(url, { method, ...(effect && { effect }) })).status).toBe(200);
      expect(usage).toMatchObject({ requests: 3, retries: 2 });
    },
  );

  it.each([status(500), status(503), broken])(
    'never sends a D1 statement that writes twice',
    async (answer) => {
      const { fetch, sent } = retrying([answer]);
      await expect(fetch(D1, { method: 'POST' })).rejects.toMatchObject({ maybeApplied: true });
      expect(sent()).toBe(1);
    },
  );

  it.each([400, 401, 403, 404, 413])('does not repeat a %i', async (code) => {
    const { fetch, sent } = retrying([status(code)]);
    expect((await fetch(READ, {})).status).toBe(code);
    expect(sent()).toBe(1);
  });

  it('stops before others have used the limit up', async () => {
    const { fetch, waits } = retrying([status(200, { ratelimit: '"default";r=0;t=42' }), ok]);
    await fetch(READ, {});
    await fetch(READ, {});
    expect(waits.map(([ms]) => ms)).toEqual([42_000]);
  });

  it('goes by the limit that opens last, where the API tells of several', async () => {
    const ratelimit = '"burst";r=0;t=5, "default";r=0;t=42, "day";r=9000;t=80000';
    const { fetch, waits } = retrying([status(200, { ratelimit }), ok]);
    await fetch(READ, {});
    await fetch(READ, {});
    expect(waits.map(([ms]) => ms)).toEqual([42_000]);
  });

  it('does not wait for a limit that opens in a day: exit 7, and nothing is sent', async () => {
    const { fetch, waits, sent } = retrying([status(200, { ratelimit: '"default";r=0;t=86400' })]);
    await fetch(READ, {});
    await expect(fetch(READ, { method: 'PUT' })).rejects.toMatchObject({
      outcome: 'quota',
      code: 'rate_limited',
      message: expect.stringContaining('86,400 s'),
      maybeApplied: false,
    });
    expect({ waits, sent: sent() }).toEqual({ waits: [], sent: 1 });
  });

  it('ends a wait on Ctrl-C', async () => {
    const ctrlC = new AbortController();
    const { fetch, sent } = retrying([status(200, { ratelimit: '"default";r=0;t=42' })]);
    await fetch(READ, {});
    ctrlC.abort();
    const waiting = fetch(READ, { method: 'PUT', signal: ctrlC.signal });
    await expect(waiting).rejects.toMatchObject({ outcome: 'interrupted', maybeApplied: false });
    expect(sent()).toBe(1);
  });
});

describe('a write that fails', () => {
  const unreachable = new GoblinError('failed', 'api_unreachable', 'no', { retryable: true });
  const writing = (...answers: Answer[]) => retrying(answers).fetch(READ, { method: 'PUT' });

  it.each<[string, Answer[]]>([
    ['after a broken exchange', [broken]],
    ['after a 5xx', [status(500)]],
    ['with a refusal, but after a broken exchange', [broken, status(403)]],
    ['with a refusal, but after a 5xx', [status(502), status(400)]],
    ['with 429 for good, but after a broken exchange', [broken, status(429)]],
    ['for want of a connection, but after a broken exchange', [broken, unreachable]],
    ['for a long pause, but after a 5xx', [status(500), status(429, { 'retry-after': '3600' })]],
  ])('%s may have been applied', async (_, answers) => {
    await expect(writing(...answers)).rejects.toMatchObject({ maybeApplied: true });
  });

  it('says what it was refused for in the end', async () => {
    await expect(writing(broken, status(403))).rejects.toMatchObject({ code: 'no_permission' });
  });

  it.each<[string, Answer[]]>([
    ['with a refusal', [status(403)]],
    ['with 429 for good', [status(429)]],
  ])('%s alone was not applied', async (_, answers) => {
    expect((await writing(...answers)).ok).toBe(false);
  });

  it('for want of a connection alone was not applied', async () => {
    await expect(writing(unreachable)).rejects.toMatchObject({ maybeApplied: false });
  });

  it.each(['GET', 'POST'])('is not what a read is: %s', async (method) => {
    const { fetch } = retrying([broken]);
    await expect(fetch(READ, { method, effect: 'read' })).rejects.toMatchObject({
      maybeApplied: false,
    });
  });
});
