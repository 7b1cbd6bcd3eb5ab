/** The edge Worker: every request of every user, on its way to the backend. */
import { answerShared, loadCached } from './cache.ts';
import { type Answer, type Call, type Context, describe } from './call.ts';
import { chat, loadConversation } from './conversation.ts';
import { countUsage } from './d1/usage.ts';
import type { Env } from './env.ts';
import { record } from './events.ts';
import { killSwitch, loadFlags } from './flags.ts';
import { forward } from './forward.ts';
import { loadAdmin, ownRoutes } from './own-routes.ts';
import { loadLimit } from './precise-limit.ts';
import { limitRate } from './rate-limit.ts';
import { refuse } from './refuse.ts';
import { rooms } from './rooms.ts';
import { loadSession, requireSession } from './session.ts';

type Load = (call: Call) => Promise<unknown> | undefined;
type Step = (call: Call) => Answer;

/** What is loaded before the kill switch and the rate limit are checked. Usually all of it is in memory. */
const GATE_LOADS: readonly Load[] = [loadFlags, loadLimit, loadAdmin];
const GATE: readonly Step[] = [killSwitch, limitRate];
/** What is loaded for requests that pass them, and who may answer these in place of the backend. */
const LOADS: readonly Load[] = [loadSession, loadCached, loadConversation];
const STEPS: readonly Step[] = [requireSession, ownRoutes, rooms, answerShared, chat];

/** Most requests wait for no load, and then no promise is made: each of them costs time. */
function answer(call: Call): Response | Promise<Response> {
  const gateLoads = start(GATE_LOADS, call);
  if (gateLoads.length > 0) return answerAfter(gateLoads, call);
  const refusal = first(GATE, call);
  // A request that is refused from memory costs no read at all.
  if (refusal) return refusal;
  const loads = start(LOADS, call);
  return loads.length > 0 ? Promise.all(loads).then(() => serve(call)) : serve(call);
}

/** If the request has to wait for the gate's loads, all other loads start at the same time. */
async function answerAfter(gateLoads: Promise<unknown>[], call: Call): Promise<Response> {
  await Promise.all([...gateLoads, ...start(LOADS, call)]);
  return first(GATE, call) ?? serve(call);
}

function serve(call: Call): Response | Promise<Response> {
  return first(STEPS, call) ?? forward(call);
}

/** Starts loads. @returns those that the request has to wait for. */
function start(loads: readonly Load[], call: Call): Promise<unknown>[] {
  const waiting: Promise<unknown>[] = [];
  for (const load of loads) {
    const loading = load(call);
    if (loading) waiting.push(loading);
  }
  return waiting;
}

function first(steps: readonly Step[], call: Call): Answer {
  for (const step of steps) {
    const response = step(call);
    if (response) return response;
  }
}

/** A step that fails, for example because KV does not answer, makes a 503. */
async function fetch(request: Request, env: Env, ctx: Context): Promise<Response> {
  const call = describe(request, env, ctx);
  let response: Response;
  try {
    response = await answer(call);
  } catch {
    response = refuse(call, 503, 'unavailable', 'the edge memory does not answer; try again');
  }
  record(call);
  if (env.DB) countUsage(call, response.status);
  return response;
}

export default { fetch };
