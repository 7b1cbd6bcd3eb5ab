/** The client of the admin plane: what it sends, what it repeats, and what its errors say. */
import { expect, it } from 'vitest';
import { Secret } from '../../src/config/secret.ts';
import { GoblinError } from '../../src/contract/errors.ts';
import { adminClient, type Question } from '../../src/edge/admin.ts';

const all = (fields: Record<string, unknown>) => fields;
const unreachable = (code: string) => {
  const cause = Object.assign(new Error(code), { code });
  return new GoblinError('failed', 'edge_unreachable', code, { retryable: true, cause });
};
const refusal = (status: number, code: string) =>
  Response.json({ version: 1, error: { code, message: `it says ${code}` } }, { status });

/** Asks an edge that answers so, in that order; the last answer stays. */
async function asked(answers: (Response | Error)[], question: Question, secret = 'the-secret') {
  const requests: { path: string; init: RequestInit | undefined }[] = [];
  const waits: number[] = [];
  const usage = { 'edge.requests': 0, retries: 0 };
  const client = adminClient({
    edge: {
      url: 'https://edge.test',
      adminToken: secret ? { value: new Secret(secret), origin: 'TEST' } : undefined,
      fetch: async (path, init) => {
        const answer = answers[Math.min(requests.length, answers.length - 1)];
        requests.push({ path, init });
        if (answer instanceof Error || !answer) throw answer;
        return answer.clone() as never;
      },
    },
    usage,
    sleep: async (ms) => void waits.push(ms),
    random: () => 1,
    signal: new AbortController().signal,
  });
  const outcome = await client.ask(question, all).catch((error: GoblinError) => error);
  return { outcome, requests, waits, usage };
}

it('sends segments encoded, the version and the secret, and counts the request', async () => {
  const { outcome, requests, usage } = await asked([Response.json({ version: 1, x: 2 })], {
    path: ['rooms', 'a?b#c é', 'history'],
    query: { after: 0, limit: undefined },
  });
  expect(outcome).toEqual({ version: 1, x: 2 });
  expect(requests[0]?.path).toBe('/_goblin/admin/rooms/a%3Fb%23c%20%C3%A9/history?after=0');
  expect(requests[0]?.init?.headers).toMatchObject({
    authorization: 'Bearer the-secret',
    'Goblin-Admin-Version': '1',
  });
  expect(usage).toEqual({ 'edge.requests': 1, retries: 0 });
});

it.each<[string, Response, string, string]>([
  ['a wrong secret', refusal(401, 'unauthorized'), 'access', 'bad_admin_token'],
  ['no such route at the edge', new Response('no', { status: 404 }), 'notFound', 'no_admin_route'],
  ['an older live Worker', refusal(404, 'no_route'), 'notFound', 'no_admin_route'],
  ['no live Worker', refusal(501, 'unavailable'), 'access', 'no_live_worker'],
  ['another version', refusal(400, 'unsupported_version'), 'failed', 'unsupported_version'],
  ['a bad request', refusal(400, 'bad_request'), 'usage', 'bad_request'],
  ['a room that refuses', refusal(409, 'room_closed'), 'failed', 'room_closed'],
  ['a page of the backend', new Response('<html>'), 'failed', 'bad_answer'],
  ['an answer of a later version', Response.json({ version: 2 }), 'failed', 'bad_answer'],
])('tells %s', async (_, answer, outcome, code) => {
  const { outcome: error, requests } = await asked([answer], { path: ['rooms'] });
  expect(error).toMatchObject({ outcome, code });
  expect(requests).toHaveLength(1);
});

it('sends nothing without a secret', async () => {
  const { outcome, requests } = await asked([Response.json({})], { path: ['rooms'] }, '');
  expect([outcome, requests]).toMatchObject([{ code: 'no_admin_token' }, []]);
});

it('repeats a read with growing waits, and takes the first good answer', async () => {
  const answers = [
    refusal(503, 'unavailable'),
    unreachable('ECONNRESET'),
    Response.json({ version: 1 }),
  ];
  const { outcome, waits, usage } = await asked(answers, { path: ['rooms'] });
  expect(outcome).toEqual({ version: 1 });
  expect(waits).toEqual([250, 500]);
  expect(usage).toEqual({ 'edge.requests': 3, retries: 2 });
});

it('gives up after four attempts', async () => {
  const { outcome, requests } = await asked([refusal(503, 'unavailable')], { path: ['rooms'] });
  expect(outcome).toMatchObject({ code: 'live_unavailable', retryable: true, maybeApplied: false });
  expect(requests).toHaveLength(4);
});

it.each([
  [{ repeatable: true }, 4, true],
  [{}, 1, true],
])('a write %j is sent %i times at most, and may have been applied', async (more, times, open) => {
  const question = { method: 'POST' as const, path: ['rooms', 'a', 'say'], body: {}, ...more };
  const { outcome, requests } = await asked([unreachable('ECONNRESET')], question);
  expect(outcome).toMatchObject({ code: 'edge_unreachable', maybeApplied: open });
  expect(requests).toHaveLength(times);
});

it('a write without a connection was not applied', async () => {
  const question = { method: 'POST' as const, path: ['rooms', 'a', 'say'], body: {} };
  const { outcome } = await asked([unreachable('ECONNREFUSED')], question);
  expect(outcome).toMatchObject({ code: 'edge_unreachable', maybeApplied: false });
});
