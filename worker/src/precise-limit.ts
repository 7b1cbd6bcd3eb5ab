/**
 * The precise rate limit: each request spends a token of its client's object in the live Worker, from a lease
 * of many or, with `RATE_LIMIT_MODE` strict, as many as wait. Where the object does not answer, the isolate
 * decides by its last lease and the count in KV.
 */
import { RATE_LIMIT_TTL } from '../../src/shards/ratelimit.ts';
import type { Call } from './call.ts';
import { within } from './kv.ts';
import { isRunningLow, type Lease, mayPassLate, newLease, spend } from './lease.ts';
import { ask, forget, isLeased, tell } from './lease-calls.ts';
import {
  LIMITER_RETRY_MS,
  LIMITER_ROUNDS,
  LIMITER_TICK_MS,
  LIMITER_TICKS,
  MAX_BUCKETS,
  OPEN_PATIENCE_MS,
} from './limits.ts';
import { remember } from './memory.ts';
import { loadAdmin } from './own-routes.ts';
import { callersClient, isLimited, loadBucket } from './rate-limit.ts';

/** By client. */
const leases = new Map<string, Lease>();

/** Finds out whether the caller is over the limit, in the live Worker where one is bound. */
export function loadLimit(call: Call): Promise<unknown> | undefined {
  if (!call.env.RATE_LIMITER) return loadBucket(call);
  // What is not limited takes no token.
  const admin = loadAdmin(call);
  const { flagsLoading } = call;
  if (!admin && !flagsLoading) return judge(call);
  return Promise.all([admin, flagsLoading]).then(() => judge(call));
}

function judge(call: Call): Promise<unknown> | undefined {
  if (!isLimited(call)) return;
  const client = callersClient(call);
  const lease = leases.get(client) ?? meet(client);
  const now = Date.now();
  if (!note(call, lease, spend(lease, now))) return wait(call, lease);
  // Before the last token is spent: nobody has to wait then.
  if (isRunningLow(lease, now) && isLeased(call)) lease.asking ??= ask(call, lease);
}

function meet(client: string): Lease {
  const lease = newLease(client);
  remember(leases, client, lease, MAX_BUCKETS);
  return lease;
}

/** Notes for `limitRate` what the object has decided, if it has. */
function note(call: Call, lease: Lease, passes: boolean | undefined): boolean {
  if (passes !== undefined) call.overUntil = passes ? 0 : lease.until;
  return passes !== undefined;
}

async function wait(call: Call, lease: Lease): Promise<unknown> {
  lease.waiting++;
  const isDecided = await acquire(call, lease);
  lease.waiting--;
  // What passes without a token may still be stopped by the count in KV.
  if (!isDecided) return loadBucket(call);
}

/** Waits for a token. @returns whether the request may pass is known, the count in KV apart */
async function acquire(call: Call, lease: Lease): Promise<boolean> {
  for (let round = 0; round < LIMITER_ROUNDS && Date.now() >= lease.aloneUntil; round++) {
    lease.asking ??= ask(call, lease);
    const { asking } = lease;
    const isLate = lease.isLate || !(await answers(asking));
    if (isLate && noteLate(call, lease, asking)) return false;
    if (isLate && !(await within(OPEN_PATIENCE_MS, settled(asking)))) giveUpOn(lease, asking);
    if (note(call, lease, spend(lease, Date.now()))) return true;
  }
  // The object has failed: only the last lease and the count in KV are left.
  lease.until ||= call.now + RATE_LIMIT_TTL * 1000;
  if (lease.left <= lease.debt) return note(call, lease, false);
  lease.debt++;
  return false;
}

/**
 * Whether an answer comes within 50 ms. They are counted in short pieces, one after another: while the
 * isolate itself is not running, as on a busy machine, the object is not late.
 */
async function answers(asking: Promise<void>): Promise<boolean> {
  const done = settled(asking);
  for (let tick = 0; tick < LIMITER_TICKS; tick++) {
    if (await within(LIMITER_TICK_MS, done)) return true;
  }
  return false;
}

const settled = (asking: Promise<void>) => asking.then(() => true);

/**
 * The object is late. A client with few requests passes all the same; others, and all in the strict mode, wait
 * for it after all, half a second at most.
 * @returns whether the request may pass
 */
function noteLate(call: Call, lease: Lease, asking: Promise<void>): boolean {
  // Meanwhile it has answered.
  if (lease.asking !== asking) return false;
  if (!lease.isLate) tell(call, `no answer within ${LIMITER_TICKS * LIMITER_TICK_MS} ms`);
  lease.isLate = true;
  if (!isLeased(call) || !mayPassLate(lease)) return false;
  lease.debt++;
  lease.until ||= call.now + RATE_LIMIT_TTL * 1000;
  return true;
}

/** Nobody waits any longer. If the answer comes after all, it counts. */
function giveUpOn(lease: Lease, asking: Promise<void>): void {
  if (lease.asking !== asking) return;
  forget(lease, asking);
  lease.aloneUntil = Date.now() + LIMITER_RETRY_MS;
}
