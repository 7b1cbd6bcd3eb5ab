/** The edge Worker: every request of every user, on its way to the backend. */
import { answerShared, loadCached } from './cache.ts';
import { type Answer, type Call, type Context, describe } from './call.ts';
import { chat, loadConversation } from './conversation.ts';
import type { Env } from './env.ts';
import { record } from './events.ts';
import { killSwitch, loadFlags } from './flags.ts';
import { forward } from './forward.ts';
import { loadAdmin, ownRoutes } from './own-routes.ts';
import { loadLimit } from './precise-limit.ts';
import { limitRate } from './rate-limit.ts';
import { refuse } from './refuse.ts';
import { loadSession, requireSession } from './session.ts';

type Load = (call: Call) => Promise<unknown> | undefined;
type Step = (call: Call) => Answer;

/** What the door has to know, and the door. It is in memory as a rule, and nobody waits. */
const DOOR_LOADS: readonly Load[] = [loadFlags, loadLimit, loadAdmin];
const DOOR: readonly Step[] = [killSwitch, limitRate];
/** What the rest has to know, and the rest. The last one takes what no other has answered. */
const LOADS: readonly Load[] = [loadSession, loadCached, loadConversation];
const STEPS: readonly Step[] = [requireSession, ownRoutes, answerShared, chat, forward];

/** Without a promise where nothing has to be waited for, which is the rule: each costs time. */
function answer(call: Call): Answer {
  const waits = start(DOOR_LOADS, call);
  if (waits) return answerLater(call, waits);
  // Whoever is refused from memory costs no read at all.
  return first(DOOR, call) ?? afterLoads(call, start(LOADS, call));
}

/** Where somebody has to wait anyhow, all reads start together. */
async function answerLater(call: Call, waits: Promise<unknown>[]): Promise<Response | undefined> {
  await Promise.all([...waits, ...(start(LOADS, call) ?? [])]);
  return first(DOOR, call) ?? first(STEPS, call);
}

function afterLoads(call: Call, waits: Promise<unknown>[] | undefined): Answer {
  return waits ? Promise.all(waits).then(() => first(STEPS, call)) : first(STEPS, call);
}

/** What has to be waited for; undefined where nothing has. */
function start(loads: readonly Load[], call: Call): Promise<unknown>[] | undefined {
  let waits: Promise<unknown>[] | undefined;
  for (const load of loads) {
    const wait = load(call);
    if (!wait) continue;
    waits ??= [];
    waits.push(wait);
  }
  return waits;
}

function first(steps: readonly Step[], call: Call): Answer {
  for (const step of steps) {
    const response = step(call);
    if (response) return response;
  }
}

/** Whatever could not be found out or written, KV's failures among it, is no more than 503. */
async function fetch(request: Request, env: Env, ctx: Context): Promise<Response> {
  const call = describe(request, env, ctx);
  let response: Response | undefined;
  try {
    response = await answer(call);
  } catch {
    response = refuse(call, 503, 'unavailable', 'the edge memory does not answer; try again');
  }
  record(call);
  return response as Response;
}

export default { fetch };
