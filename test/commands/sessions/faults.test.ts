/** What goes wrong while sessions are revoked: what the operator sees, and what is left in the store. */
import { beforeEach, describe, expect, it } from 'vitest';
import { sessionHandle } from '../../../src/shards/handle.ts';
import { type BulkDelete, onBulkDelete, partly } from '../../bulk-delete.ts';
import { useEngine } from '../../engine.ts';
import { MEMORY_ENV, memoryApi } from '../../memory-api.ts';
import { type Ran, run } from '../../run.ts';
import { seed } from '../../seed.ts';
import { stored, wipe } from '../../stored.ts';

/** More than a bulk request takes. */
const MANY = 10_050;
const BATCH = 10_000;
const NAMESPACE = '0123456789abcdef0123456789abcdef';

const engine = useEngine();

const token = (number: number) => `u_1.${String(number).padStart(43, 'x')}`;

function sessions(count: number) {
  const value = { user_id: 'u_1', expires_at: Date.now() + 3_600_000, last_activity: 1 };
  return Array.from({ length: count }, (_, number) => ({
    key: `session:${token(number)}`,
    value,
    metadata: value,
  }));
}

const REVOKE_ALL = 'sessions revoke --all --yes --json --verbose';

function results({ json }: Ran): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { result } of json() as { result: string }[]) {
    counts[result] = (counts[result] ?? 0) + 1;
  }
  return counts;
}

/** Notes may stand before the error, which is one line, and the cost after it. */
function errorOf({ stderr }: Ran) {
  const line = stderr.split('\n').find((text) => text.startsWith('{"error"'));
  return JSON.parse(line ?? '').error;
}

describe('more sessions than one request deletes', () => {
  let api: ReturnType<typeof memoryApi>;
  beforeEach(() => {
    api = memoryApi(sessions(MANY));
  });

  const revokeAll = (answer: (request: BulkDelete) => Promise<Response>, signal?: AbortSignal) =>
    run(['--namespace-id', NAMESPACE, ...REVOKE_ALL.split(' ')], {
      env: MEMORY_ENV,
      fetch: onBulkDelete(answer, api.fetch),
      ...(signal && { signal }),
    });

  it('takes one listing and two deletes, and leaves none', async () => {
    const ran = await revokeAll(({ pass }) => pass());
    expect([ran.code, results(ran)]).toEqual([0, { revoked: MANY }]);
    expect(ran.stderr).toContain('13 requests · 11 lists · 10,050 deletes');
    expect(api.records.size).toBe(0);
  });

  it('tells what is done and what may be when the API dies midway; again does the rest', async () => {
    const dying = await revokeAll(({ nth, pass }) =>
      nth === 1 ? pass() : Promise.reject(new TypeError('fetch failed')),
    );
    expect([dying.code, results(dying)]).toEqual([5, { revoked: BATCH, unknown: MANY - BATCH }]);
    expect(errorOf(dying)).toMatchObject({ code: 'partly_done', retryable: true });
    expect(dying.stdout + dying.stderr).not.toContain('xxxx');
    expect(api.records.size).toBe(MANY - BATCH);

    const again = await revokeAll(({ pass }) => pass());
    expect([again.code, results(again)]).toEqual([0, { revoked: MANY - BATCH }]);
    expect(api.records.size).toBe(0);
  });

  it('stops between batches on Ctrl-C', async () => {
    const controller = new AbortController();
    const ran = await revokeAll(async ({ pass }) => {
      const answer = await pass();
      controller.abort();
      return answer;
    }, controller.signal);
    expect([ran.code, results(ran)]).toEqual([130, { revoked: BATCH, untried: MANY - BATCH }]);
    expect(api.records.size).toBe(MANY - BATCH);
  });

  it('says on a dry run what it costs, and touches nothing', async () => {
    const line = ['--namespace-id', NAMESPACE, 'sessions', 'revoke', '--all', '--dry-run'];
    const { code, stderr } = await run(line, { env: MEMORY_ENV, fetch: api.fetch });
    expect(code).toBe(0);
    expect(stderr).toContain('Would revoke 10,050 sessions. Cost: 2 requests, 10,050 deletes');
    expect(api.records.size).toBe(MANY);
  });
});

describe('a bulk delete', () => {
  const revokeAll = (answer: (request: BulkDelete) => Promise<Response>) =>
    run(REVOKE_ALL, { engine, fetch: onBulkDelete(answer) });

  beforeEach(async () => {
    await wipe(engine);
    await seed(engine, sessions(3));
  });

  it('that leaves keys out again and again is exit 5 and names them by handle', async () => {
    const left = `session:${token(1)}`;
    const ran = await revokeAll(async ({ keys, pass }) => {
      const taken = keys.filter((key) => key !== left);
      if (taken.length > 0) await pass(taken);
      return partly([left], taken.length);
    });
    expect(ran.code).toBe(5);
    expect(ran.json()).toContainEqual(
      expect.objectContaining({ handle: sessionHandle(token(1)), result: 'failed' }),
    );
    expect(results(ran)).toEqual({ revoked: 2, failed: 1 });
    expect(ran.stdout + ran.stderr).not.toContain('xxxx');
    expect(await stored(engine)).toEqual([left]);
  });

  it('that leaves a key out once is sent again', async () => {
    const ran = await revokeAll(async ({ nth, keys, pass }) => {
      if (nth > 1) return pass();
      await pass(keys.slice(1));
      return partly(keys.slice(0, 1), keys.length - 1);
    });
    expect([ran.code, results(ran)]).toEqual([0, { revoked: 3 }]);
    expect(await stored(engine)).toEqual([]);
  });

  it('that meets the rate limit waits as long as the API asks', async () => {
    const waits: number[] = [];
    const limit = new Response('{"success":false,"errors":[{"code":971,"message":"slow down"}]}', {
      status: 429,
      headers: { 'retry-after': '7' },
    });
    const fetch = onBulkDelete(({ nth, pass }) => (nth === 1 ? Promise.resolve(limit) : pass()));
    const ran = await run('sessions revoke --all --yes', {
      engine,
      fetch,
      onSleep: (ms) => void waits.push(ms),
    });
    expect([ran.code, waits]).toEqual([0, [7000]]);
    expect(ran.stderr).toContain("waiting 7 s: Cloudflare's rate limit");
    expect(await stored(engine)).toEqual([]);
  });

  it('that is refused for good has changed nothing, and is exit 4', async () => {
    const refusal = { success: false, errors: [{ code: 10000, message: 'Authentication error' }] };
    const ran = await revokeAll(async () => Response.json(refusal, { status: 403 }));
    expect([ran.code, errorOf(ran).code]).toEqual([4, 'no_permission']);
    expect(results(ran)).toEqual({ untried: 3 });
    expect(await stored(engine)).toHaveLength(3);
  });

  it('of a session that ended after it was listed is no failure', async () => {
    const ran = await revokeAll(async ({ keys, pass }) => {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify(keys.slice(0, 1));
      await engine.kv('/bulk/delete', { method: 'POST', headers, body });
      return pass();
    });
    expect([ran.code, results(ran)]).toEqual([0, { revoked: 3 }]);
    expect(await stored(engine)).toEqual([]);
  });
});

describe('revoke --verify', () => {
  beforeEach(async () => {
    await wipe(engine);
    await seed(engine, sessions(3));
  });

  const REVOKE = 'sessions revoke --all --yes --verify --json --verbose';

  it('deletes again what an edge wrote back within half a minute', async () => {
    const waits: number[] = [];
    const ran = await run(REVOKE, {
      engine,
      onSleep: async (ms) => {
        waits.push(ms);
        await seed(engine, sessions(1));
      },
    });
    expect([ran.code, results(ran), waits]).toEqual([0, { revoked: 3 }, [35_000]]);
    expect(ran.stderr).toContain('1 came back; deleting again.');
    expect(ran.stderr).toContain('3 reads · 4 deletes');
    expect(await stored(engine)).toEqual([]);
  });

  it('says where none came back', async () => {
    const { code, stderr } = await run(REVOKE, { engine });
    expect([code, stderr]).toEqual([0, expect.stringContaining('None came back.')]);
  });

  it('reports what was done where it is interrupted while it waits', async () => {
    const ctrlC = new AbortController();
    const ran = await run(REVOKE, {
      engine,
      signal: ctrlC.signal,
      onSleep: () => ctrlC.abort(),
    });
    expect([ran.code, results(ran)]).toEqual([130, { revoked: 3 }]);
    expect(errorOf(ran).message).toBe('3 revoked (interrupted before looking again)');
  });

  it('reports what was done where it cannot look', async () => {
    const ran = await run(REVOKE, {
      engine,
      fetch: async (url, init) =>
        url.endsWith('/bulk/get')
          ? Response.json({ success: false, errors: [] }, { status: 403 })
          : fetch(url, init),
    });
    expect([ran.code, results(ran)]).toEqual([5, { revoked: 3 }]);
  });

  it('tells before it starts what looking costs', async () => {
    const { stderr } = await run('sessions revoke --all --dry-run --verify', { engine });
    expect(stderr).toMatch(/Cost: 2 requests, 3 deletes .*, 3 reads /);
  });
});
