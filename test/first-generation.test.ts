/**
 * Records as Workers of the first generation left them, each read by the CLI and by the edge Worker on the
 * same namespace: what the one shows, the other does. The CLI runs in a zone that is not UTC.
 */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sessionHandle } from '../src/shards/handle.ts';
import { NAMESPACES, startTestEngine, type TestEngine } from './engine.ts';
import { run as runLine } from './run.ts';
import { seed } from './seed.ts';

function fixture<T>(name: string): T {
  const file = new URL(`fixtures/first-generation/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}

interface SessionCase {
  what: string;
  value: string;
  isOpen: boolean;
  row?: Record<string, unknown>;
  problem?: string;
}
interface BucketCase {
  what: string;
  value: string;
  count: number | null;
  isBlocked: boolean;
  problem?: string;
}
interface ConversationCase {
  what: string;
  value: string;
  messages: [timestamp: string, preview: string][] | null;
  exit: number;
  problem?: string;
}
interface RowCase {
  what: string;
  value: string;
  row: Record<string, unknown>;
}

const SESSIONS = fixture<SessionCase[]>('sessions').map((each, i) => ({ ...each, token: `t${i}` }));
const BUCKETS = fixture<BucketCase[]>('ratelimit').map((each, i) => ({
  ...each,
  ip: `198.51.100.${i + 1}`,
}));
const CONVERSATIONS = fixture<ConversationCase[]>('conversations').map((each, i) => ({
  ...each,
  user: `talker_${i}`,
}));
const FLAGS = fixture<{ value: string }>('flags');
const CACHED = fixture<(RowCase & { path: string })[]>('cache');
const ANALYTICS = fixture<(RowCase & { key: string })[]>('analytics');
const SECURITY = fixture<(RowCase & { key: string })[]>('security');

const { TZ } = process.env;
let engine: TestEngine;
let backend: Server;

/** A backend that answers with the headers it was given. */
async function startBackend(): Promise<string> {
  backend = createServer((request, response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(request.headers));
  });
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(backend.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  const upstream = await startBackend();
  const kv = { GOBLIN_KV: NAMESPACES[0]?.id ?? '' };
  const vars = { ANALYTICS_SAMPLE: '0', KV_WRITES_PER_DAY: '1000000000' };
  engine = await startTestEngine({ edge: { name: 'edge', kv, vars, upstream } });
  await seed(engine, [
    ...SESSIONS.map(({ token, value }) => ({ key: `session:${token}`, value })),
    ...BUCKETS.map(({ ip, value }) => ({ key: `ratelimit:${ip}`, value })),
    ...CONVERSATIONS.map(({ user, value }) => ({ key: `conversation:${user}`, value })),
    ...CONVERSATIONS.map(({ user }) => ({
      key: `session:${user}.x`,
      value: { user_id: user, expires_at: '2100-01-01', last_activity: Date.now() },
    })),
    ...CACHED.map(({ path, value }) => ({ key: `cache:${path}`, value })),
    ...[...ANALYTICS, ...SECURITY].map(({ key, value }) => ({ key, value })),
    { key: 'feature_flags', value: FLAGS.value },
  ]);
  process.env.TZ = 'Asia/Tokyo';
});
afterAll(async () => {
  if (TZ === undefined) delete process.env.TZ;
  else process.env.TZ = TZ;
  await engine?.dispose();
  backend?.close();
});

const run = (line: string) => runLine(line, { engine });
let visitors = 0;

/** A request to the edge from an address that made none before, unless it is given. */
async function visit(path: string, headers: Record<string, string> = {}, init: RequestInit = {}) {
  const ip = `192.0.2.${++visitors}`;
  return fetch(engine.edgeUrl + path, { ...init, headers: { 'cf-connecting-ip': ip, ...headers } });
}

describe.each(SESSIONS)('a session with $what', ({ token, value, isOpen, row, problem }) => {
  const handle = sessionHandle(token);
  const headers = { authorization: `Bearer ${token}` };

  it('is shown by the CLI as it is', async () => {
    const { code, json } = await run(`sessions show ${handle} --json`);
    expect(code).toBe(0);
    if (row) expect(json()).toEqual({ handle, ...row });
    else expect(json()).toMatchObject({ problem: expect.stringContaining(problem ?? '?') });
  });

  it(`is ${isOpen ? 'open' : 'refused'} at the edge and in the list`, async () => {
    const rows = (await run('sessions list --json')).json() as Record<string, unknown>[];
    const listed = rows.find((each) => each.handle === handle);
    expect(listed !== undefined && listed.problem === undefined).toBe(isOpen);
    const answer = await visit('/me', headers);
    expect(answer.status).toBe(isOpen ? 200 : 401);
    const told = (await answer.json()) as Record<string, unknown>;
    if (isOpen) expect(told['x-user-id']).toBe(row?.user_id);
  });

  it.runIf(isOpen)('keeps all but its activity once the edge has noted that', async () => {
    const stored = JSON.parse(value.replace('\ufeff', ''));
    const isNow = (at: unknown) => Math.abs(Number(at) - Date.now()) < 600_000;
    const now = await expect
      .poll(async () => (await engine.kv(`/values/session:${token}`)).json())
      .toEqual({ ...stored, last_activity: expect.toSatisfy(isNow) })
      .then(async () => (await run(`sessions show ${handle} --json`)).json());
    expect(now).toMatchObject({ user_id: row?.user_id, expires_at: row?.expires_at });
  });
});

it('a numeric user is found by revoke', async () => {
  const { code, json } = await run('sessions revoke --user 42 --dry-run --json');
  const planned = (json() as { result: string }[]).filter(({ result }) => result === 'planned');
  expect({ code, planned: planned.length }).toEqual({ code: 0, planned: 1 });
});

describe.each(BUCKETS)('a bucket that is $what', ({ ip, count, isBlocked, problem }) => {
  it(`${isBlocked ? 'blocks' : 'does not block'}, for the CLI as at the edge`, async () => {
    const { json } = await run(`ratelimit show ${ip} --json`);
    if (problem === undefined) expect(json()).toMatchObject({ count, blocked: isBlocked });
    else expect(json()).toMatchObject({ problem: expect.stringContaining(problem) });
    const { status } = await visit('/me', { 'cf-connecting-ip': ip });
    expect(status).toBe(isBlocked ? 429 : 200);
  });
});

describe.each(CONVERSATIONS)('a conversation with $what', ({ user, messages, exit, problem }) => {
  it('has the same messages for the CLI and for the backend', async () => {
    const { code, stdout, stderr } = await run(`conversations show ${user} --json`);
    expect(code).toBe(exit);
    if (problem !== undefined) expect(stderr).toContain(problem);
    const shown = exit === 0 ? (JSON.parse(stdout) as Record<string, unknown>[]) : null;
    expect(shown?.map(({ timestamp, preview }) => [timestamp, preview]) ?? null).toEqual(messages);
    const headers = { authorization: `Bearer ${user}.x` };
    const answer = await visit('/chat', headers, { method: 'POST', body: '{"message":""}' });
    const told = (await answer.json()) as Record<string, string>;
    const context = JSON.parse(told['x-goblin-context'] ?? 'null') as { timestamp: number }[];
    const expected = (messages ?? []).map(([timestamp, preview]) => ({
      timestamp: Date.parse(timestamp),
      preview,
    }));
    expect(context).toEqual(expected);
  });
});

it('every flag is for the CLI what it is at the edge', async () => {
  const ip = '203.0.113.77';
  const edge = await (await visit('/_goblin/flags', { 'cf-connecting-ip': ip })).json();
  const flags = Object.keys(JSON.parse(FLAGS.value) as object);
  const cli = await Promise.all(
    flags.map(async (flag) => {
      const { json } = await run(`flags eval ${flag} --ip ${ip} --json`);
      return [flag, (json() as { value: boolean }).value] as const;
    }),
  );
  expect(edge).toEqual(Object.fromEntries(cli));
});

describe.each(CACHED)('a cached response that is $what', ({ path, row }) => {
  it('is listed, and not trusted by the edge, which stores one that both know', async () => {
    const listed = async () => (await run('cache list --json')).json() as { path: string }[];
    expect(await listed()).toContainEqual(expect.objectContaining(row));
    const miss = await visit(path);
    expect(miss.headers.get('x-cache')).toBe('MISS');
    await miss.text();
    await expect.poll(async () => (await visit(path)).headers.get('x-cache')).toBe('HIT');
    await expect
      .poll(listed)
      .toContainEqual(
        expect.objectContaining({ path, status: 200, cached_at: expect.any(String) }),
      );
  });
});

describe.each([
  ['analytics', ANALYTICS],
  ['security', SECURITY],
] as const)('an event in %s', (noun, cases) => {
  it.each(cases)('with $what is listed', async ({ row }) => {
    const { code, json } = await run(`${noun} list --json`);
    expect(code).toBe(0);
    expect(json()).toContainEqual(expect.objectContaining(row));
  });
});
