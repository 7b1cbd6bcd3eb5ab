/**
 * The precise rate limit: tokens come from the client's object in the live Worker, as a lease of many or, with
 * `RATE_LIMIT_MODE` strict, as many as requests wait. Where the object does not answer, the isolate decides
 * by its last lease and the count in KV.
 */
import {
  decodeTakeAnswer,
  type LimiterNamespace,
  type LimiterRpc,
} from '../../src/live/limiter-rpc.ts';
import { RATE_LIMIT } from '../../src/shards/ratelimit.ts';
import type { Call } from './call.ts';
import { countDropped } from './dropped.ts';
import { report } from './events.ts';
import { background, hasWrite, takeWrite, within } from './kv.ts';
import { giveUp, type Lease, mayPassAlone, newLease, spend, takeOver, wanted } from './lease.ts';
import {
  LEASE_IDLE_MS,
  LEASE_WATCH_MS,
  LIMITER_EVENTS_PER_MINUTE,
  LIMITER_RETRY_MS,
  LIMITER_ROUNDS,
  LIMITER_TICK_MS,
  LIMITER_TICKS,
  MAX_BUCKETS,
  ONE_MINUTE,
} from './limits.ts';
import { remember, timesPerInterval } from './memory.ts';
import { loadAdmin } from './own-routes.ts';
import { callersClient, isLimited, loadBucket } from './rate-limit.ts';
import { variables } from './variables.ts';

/** By client. */
const leases = new Map<string, Lease>();
const mayReport = timesPerInterval(LIMITER_EVENTS_PER_MINUTE, ONE_MINUTE);
/** Names this isolate; made at its first request, for before there is no randomness. */
let holder = '';
let lastId = 0;

/** Finds out whether the caller is over the limit, in the live Worker where one is bound. */
export function loadLimit(call: Call): Promise<unknown> | undefined {
  if (!call.env.RATE_LIMITER) return loadBucket(call);
  // What is not limited takes no token.
  const first = [loadAdmin(call), call.flagsLoading].filter(Boolean);
  return first.length > 0 ? Promise.all(first).then(() => judge(call)) : judge(call);
}

function judge(call: Call): Promise<unknown> | undefined {
  if (!isLimited(call)) return;
  const client = callersClient(call);
  const lease = leases.get(client) ?? meet(client);
  return note(call, lease, spend(lease, Date.now())) ? undefined : acquire(call, lease);
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

async function acquire(call: Call, lease: Lease): Promise<unknown> {
  lease.waiting++;
  try {
    for (let round = 0; round < LIMITER_ROUNDS && Date.now() >= lease.aloneUntil; round++) {
      lease.asking ??= ask(call, lease);
      if (!(await isInTime(lease.asking))) blame(call, lease, true);
      else if (note(call, lease, spend(lease, Date.now()))) return;
    }
  } finally {
    lease.waiting--;
  }
  return decideAlone(call, lease);
}

/** Asks for tokens. Never a rejection. */
function ask(call: Call, lease: Lease): Promise<void> {
  holder ||= crypto.randomUUID();
  const id = ++lastId;
  lease.askedId = id;
  const now = Date.now();
  const need = lease.waiting + lease.debt;
  const want = variables(call.env).RATE_LIMIT_MODE === 'strict' ? 0 : wanted(lease, now);
  const mirror = hasWrite(call, 'counts') ? 'all' : hasWrite(call, 'limits') ? 'limit' : 'none';
  const request = { client: lease.client, holder, lease: id, need, want, mirror } as const;
  const asking = Promise.resolve(limiter(call, lease).take(request))
    .then((answer) => accept(call, lease, id, now, answer))
    .catch(() => blame(call, lease, false))
    .finally(() => {
      if (lease.asking === asking) lease.asking = undefined;
    });
  background(call, asking);
  return asking;
}

/** Every isolate's way to the one object of a client. */
function limiter({ env }: Call, { client }: Lease): LimiterRpc {
  return (env.RATE_LIMITER as LimiterNamespace).getByName(client);
}

function accept(call: Call, lease: Lease, id: number, askedAt: number, given: unknown): void {
  const answer = decodeTakeAnswer(given);
  takeOver(lease, id, answer, askedAt, Date.now());
  if (answer.mirrored) takeWrite(call, 'limits');
  if (lease.tokens > lease.waiting && Date.now() >= lease.watchedUntil) {
    background(call, returnIdle(call, lease));
  }
}

/**
 * Gives tokens back that nobody has spent for a second, and all that are left after 25 s: work behind a
 * response is cut off after 30 s, and nobody would look after them.
 */
async function returnIdle(call: Call, lease: Lease): Promise<void> {
  lease.watchedUntil = Date.now() + LEASE_WATCH_MS;
  for (let ms = 0; ms < LEASE_WATCH_MS; ms += LEASE_IDLE_MS) {
    const { id, tokens } = lease;
    await scheduler.wait(LEASE_IDLE_MS);
    if (lease.id === id && lease.tokens === tokens) break;
  }
  lease.watchedUntil = 0;
  const { id, tokens } = lease;
  if (tokens > 0)
    await limiter(call, lease).giveBack({ holder, lease: id, unspent: giveUp(lease) });
}

/**
 * Whether an answer comes within 50 ms. They are counted in short pieces, one after another: while the
 * isolate itself is not running, as on a busy machine, the object is not late.
 */
async function isInTime(asking: Promise<void>): Promise<boolean> {
  const done = asking.then(() => true);
  for (let tick = 0; tick < LIMITER_TICKS; tick++) {
    if (await within(LIMITER_TICK_MS, done)) return true;
  }
  return false;
}

/** Leaves the object alone for a second, and tells the operator. */
function blame(call: Call, lease: Lease, isLate: boolean): void {
  const now = Date.now();
  // Others that waited for the same answer have said so.
  if (now < lease.aloneUntil) return;
  Object.assign(lease, { isLate, aloneUntil: now + LIMITER_RETRY_MS, asking: undefined });
  countDropped('limiter', isLate ? 'late' : 'failed');
  if (!mayReport(now)) return;
  const reason = isLate
    ? `no answer within ${LIMITER_TICKS * LIMITER_TICK_MS} ms`
    : 'the call failed';
  report(call, 'limiter_unavailable', `rate limiter: ${reason}; the edge counts by itself`);
}

/** Decides by the last lease; what it does not refuse, `limitRate` judges by the count in KV. */
async function decideAlone(call: Call, lease: Lease): Promise<void> {
  await loadBucket(call);
  const { bucket } = call;
  if (bucket) {
    lease.until ||= bucket.resetAt;
    bucket.count = Math.max(bucket.count, RATE_LIMIT - lease.left + lease.debt);
  }
  if (mayPassAlone(lease)) lease.debt++;
  else call.overUntil = lease.until;
}
