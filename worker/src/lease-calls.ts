/** An isolate's calls to the limiter's objects: it takes tokens, and gives back what is idle. */
import {
  decodeTakeAnswer,
  type LimiterNamespace,
  type LimiterRpc,
  type MirrorBudget,
} from '../../src/live/limiter-rpc.ts';
import type { Call } from './call.ts';
import { countDropped } from './dropped.ts';
import { report } from './events.ts';
import { background, hasWrite, takeWrite } from './kv.ts';
import { giveUp, type Lease, takeOver, wanted } from './lease.ts';
import {
  LEASE_IDLE_MS,
  LEASE_WATCH_MS,
  LIMITER_EVENTS_PER_MINUTE,
  LIMITER_RETRY_MS,
  ONE_MINUTE,
} from './limits.ts';
import { timesPerInterval } from './memory.ts';
import { variables } from './variables.ts';

const mayReport = timesPerInterval(LIMITER_EVENTS_PER_MINUTE, ONE_MINUTE);
/** Names this isolate; made at its first request, for before there is no randomness. */
let holder = '';
let lastId = 0;

/** Whether tokens are taken before they are needed. */
export const isLeased = ({ env }: Call) => variables(env).RATE_LIMIT_MODE !== 'strict';

/** Asks for the tokens that are needed, and for those that may be. Never a rejection. */
export function ask(call: Call, lease: Lease): Promise<void> {
  holder ||= crypto.randomUUID();
  const id = ++lastId;
  const now = Date.now();
  const { client, tokens: unspent, debt, waiting } = lease;
  // A debt is paid by itself: other isolates may have some, too, and the object has to hear of all first.
  const need = debt || waiting;
  Object.assign(lease, { askedId: id, asked: need });
  const want = debt || !isLeased(call) ? 0 : wanted(lease, now);
  const mirror = mirrorBudget(call);
  const request = { client, holder, lease: id, unspent, need, want, mirror };
  const asking = Promise.resolve()
    .then(() => limiter(call, lease).take(request))
    .then((given) => accept(call, lease, id, now, given))
    .catch(() => {
      Object.assign(lease, { aloneUntil: Date.now() + LIMITER_RETRY_MS, isLate: false });
      tell(call, 'the call failed');
    })
    .finally(() => forget(lease, asking));
  background(call, asking);
  return asking;
}

/** A call that is over, or not waited for any longer. */
export function forget(lease: Lease, asking: Promise<void>): void {
  if (lease.asking === asking) lease.asking = undefined;
}

function mirrorBudget(call: Call): MirrorBudget {
  return hasWrite(call, 'counts') ? 'all' : hasWrite(call, 'limits') ? 'limit' : 'none';
}

/** Every isolate's way to the one object of a client. */
function limiter({ env }: Call, { client }: Lease): LimiterRpc {
  return (env.RATE_LIMITER as LimiterNamespace).getByName(client);
}

function accept(call: Call, lease: Lease, id: number, askedAt: number, given: unknown): void {
  const answer = decodeTakeAnswer(given);
  const now = Date.now();
  takeOver(lease, id, answer, askedAt, now);
  if (answer.mirrored) takeWrite(call, 'limits');
  if (lease.tokens > lease.waiting && now >= lease.watchedUntil) {
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

/** Tells the operator that the edge has to count by itself. */
export function tell(call: Call, why: string): void {
  countDropped('limiter', why);
  if (mayReport(call.now)) {
    report(call, 'limiter_unavailable', `rate limiter: ${why}; the edge counts by itself`);
  }
}
