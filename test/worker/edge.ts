/** The Worker under test, as a user, the backend and the operator meet it. */
import { createExecutionContext, env, waitOnExecutionContext } from 'cloudflare:test';
import { onTestFinished, vi } from 'vitest';
import { networkOf } from '../../src/shards/address.ts';
import type { Env } from '../../worker/src/env.ts';

export const kv = (env as unknown as Env).GOBLIN_KV;
export const ADMIN_TOKEN = 'correct-horse-battery-staple';

let addresses = 0;

/** An address in a network that no other test has. */
export function newAddress(): string {
  addresses++;
  const run = Math.floor(Math.random() * 0xffff).toString(16);
  return `2001:db8:${run}:${addresses.toString(16)}::1`;
}

/** The key of the bucket that a request from an address is counted in. */
export const bucketKey = (ip: string) => `ratelimit:${networkOf(ip, 64)}`;

export interface Visit extends RequestInit {
  ip?: string;
}

/**
 * A Worker in a new isolate: nothing remembered, the real KV. `settled` waits for what was left to be done
 * behind the responses so far.
 */
export async function newEdge(overrides: Partial<Env> = {}) {
  vi.resetModules();
  const { default: worker } = await import('../../worker/src/index.ts');
  const bindings: Env = {
    GOBLIN_KV: kv,
    API_URL: 'http://backend.test',
    ANALYTICS_SAMPLE: 0,
    KV_WRITES_PER_DAY: 1e9,
    ADMIN_TOKEN,
    ...overrides,
  };
  const contexts: ExecutionContext[] = [];
  const home = newAddress();

  async function visit(path: string, { ip = home, ...init }: Visit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('CF-Connecting-IP', ip);
    const ctx = createExecutionContext();
    contexts.push(ctx);
    const url = `https://edge.test${path}`;
    return worker.fetch(new Request(url, { redirect: 'manual', ...init, headers }), bindings, ctx);
  }

  async function settled(): Promise<void> {
    await Promise.all(contexts.splice(0).map(waitOnExecutionContext));
  }

  return { visit, settled, ip: home, bindings };
}

/** What the backend got, as its echo tells. */
export interface Echo {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** A session as the operator would find it. */
export async function putSession(
  token: string,
  user_id: string,
  { expiresIn = 3_600_000, idleFor = 0 } = {},
): Promise<{ Authorization: string }> {
  const now = Date.now();
  const session = { user_id, expires_at: now + expiresIn, last_activity: now - idleFor };
  await kv.put(`session:${token}`, JSON.stringify(session), { metadata: session });
  return { Authorization: `Bearer ${token}` };
}

/** The keys that begin with a text, and their metadata. */
export async function listed<Metadata>(prefix: string) {
  const { keys } = await kv.list<Metadata>({ prefix });
  return keys;
}

const { now } = Date;
let ahead = 0;

/** Moves the Worker's clock on, until the test ends. */
export function passTime(ms: number): void {
  ahead += ms;
  Date.now = () => now() + ahead;
  onTestFinished(() => {
    ahead = 0;
    Date.now = now;
  });
}

/** Timers of more than `ms` never fire until the test ends: a response has not waited for any of them. */
export function holdTimersAbove(ms: number): void {
  const { setTimeout: real } = globalThis;
  const spy = vi.spyOn(globalThis, 'setTimeout');
  spy.mockImplementation(((run: () => void, after = 0) =>
    after > ms ? 0 : real(run, after)) as unknown as typeof setTimeout);
  onTestFinished(() => spy.mockRestore());
}
