/** The edge Worker: every request of every user, on its way to the backend. */
import { answerShared, loadCached } from './cache.ts';
import { type Answer, type Call, type Context, describe } from './call.ts';
import { chat, loadConversation } from './conversation.ts';
import type { Env } from './env.ts';
import { record } from './events.ts';
import { killSwitch, loadFlags } from './flags.ts';
import { forward } from './forward.ts';
import { loadAdmin, ownRoutes } from './own-routes.ts';
import { limitRate, loadBucket } from './rate-limit.ts';
import { refuse } from './refuse.ts';
import { loadSession, requireSession } from './session.ts';

type Load = (call: Call) => Promise<unknown> | undefined;
type Step = (call: Call) => Answer;

/** What the door has to know, and the door. It is in memory as a rule, and nobody waits. */
const DOOR_LOADS: readonly Load[] = [loadFlags, loadBucket, loadAdmin];
const DOOR: readonly Step[] = [killSwitch, limitRate];
/** What the rest has to know, and the rest. The last one takes what no other has answered. */
const LOADS: readonly Load[] = [loadSession, loadCached, loadConversation];
const STEPS: readonly Step[] = [requireSession, ownRoutes, answerShared, chat, forward];

async function answer(call: Call): Promise<Answer> {
  const waits = start(DOOR_LOADS, call);
  // Where somebody has to wait anyhow, all reads start together.
  if (waits.length) await Promise.all([...waits, ...start(LOADS, call)]);
  const refused = first(DOOR, call);
  if (refused) return refused;
  // Whoever is refused from memory has cost no read at all.
  if (!waits.length) await Promise.all(start(LOADS, call));
  return first(STEPS, call);
}

function start(loads: readonly Load[], call: Call): Promise<unknown>[] {
  return loads.flatMap((load) => load(call) ?? []);
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
  const response = await answer(call).catch(() =>
    refuse(call, 503, 'unavailable', 'the edge memory does not answer; try again'),
  );
  record(call);
  return response as Response;
}

export default { fetch };
