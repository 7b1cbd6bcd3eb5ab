/**
 * Exchanges with an engine on this machine. Its failures become errors about the local engine, because neither
 * the network nor Cloudflare is involved. A watch tells an engine that is paused from one that is slow.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fetch, HttpResponse } from '../api/http.ts';
import { GoblinError } from '../contract/errors.ts';
import type { LocalApi } from './attach.ts';
import { engineError } from './faults.ts';
import { isAlive } from './record.ts';

/** How long what workerd prints, or its end, may come after the exchange that it made fail. */
const LAG_MS = 500;
const LOOK_MS = 20;

/**
 * A fetch for the API of this engine.
 * @param note called once when the engine does not answer
 * @throws GoblinError `engine_silent`, `engine_ended`, `engine_fault`, or what `diagnose` knows
 */
export function engineFetch(fetch: Fetch, engine: LocalApi, note: (text: string) => void): Fetch {
  const silence = untilSilent(fetch, engine, note);
  return async (url, init) => {
    const done = new AbortController();
    try {
      const response = await Promise.race([
        fetch(url, init),
        silence(done.signal),
        ...(engine.failed ? [engine.failed.then(raise)] : []),
      ]);
      if (response.status >= 500) throw await faultIn(response, engine);
      return response;
    } catch (error) {
      throw await asLocalError(error, engine);
    } finally {
      done.abort();
    }
  };
}

function raise(error: GoblinError): never {
  throw error;
}

/** The API Worker knows only that a binding failed; workerd prints the reason. */
async function faultIn(response: HttpResponse, engine: LocalApi): Promise<GoblinError> {
  const said = await lastLines(engine);
  const error = engineError(
    'engine_fault',
    `the local engine failed: ${await reasons(response)}`,
    said,
    {
      hint: engine.attached
        ? `\`goblin dev\` (process ${engine.pid}) shows what workerd said.`
        : '`goblin doctor --local` looks for the cause.',
    },
  );
  if (error.code !== 'engine_fault') return error;
  // Another program may hold the database for a moment.
  const { outcome, code, message, hint } = error;
  return new GoblinError(outcome, code, message, { hint, retryable: true });
}

async function reasons(response: HttpResponse): Promise<string> {
  const text = await response.text();
  try {
    const { errors } = JSON.parse(text) as { errors: { message: string }[] };
    return errors.map(({ message }) => message).join('; ');
  } catch {
    return text.trim().slice(0, 200) || `status ${response.status}`;
  }
}

async function lastLines({ attached, lastLines }: LocalApi): Promise<readonly string[]> {
  if (attached) return [];
  for (let waited = 0; waited < LAG_MS && lastLines().length === 0; waited += LOOK_MS) {
    await sleep(LOOK_MS);
  }
  return lastLines();
}

async function asLocalError(error: unknown, engine: LocalApi): Promise<unknown> {
  if (!(error instanceof GoblinError) || !error.retryable || error.code === 'engine_fault') {
    return error;
  }
  const ended = engine.attached ? await ownerEnded(engine) : await workerdEnded(engine);
  if (ended) return ended;
  const { outcome, code, message, retryable, cause } = error;
  const hint = engine.attached
    ? `Look at the engine of process ${engine.pid}, or end it; without one, a command starts its own.`
    : '`goblin doctor --local` tries the engine.';
  return new GoblinError(outcome, code, message, { hint, retryable, cause });
}

/** workerd's own connections break a moment before its end is known. */
function workerdEnded({ failed }: LocalApi): Promise<GoblinError | undefined> {
  return Promise.race([failed, sleep(LAG_MS, undefined)]).then((error) => error ?? undefined);
}

async function ownerEnded({ pid }: LocalApi): Promise<GoblinError | undefined> {
  for (let waited = 0; waited < LAG_MS && isAlive(pid); waited += LOOK_MS) await sleep(LOOK_MS);
  if (isAlive(pid)) return undefined;
  return new GoblinError('failed', 'engine_ended', `the local engine (process ${pid}) has ended`, {
    hint: 'Run the command again: it starts an engine of its own. A request under way may have been applied.',
  });
}

export interface Patience {
  /** How long an answer may take before the engine is asked whether it is there, and that answer again. */
  askMs: number;
  /** So many times without an answer, and the wait ends. */
  times: number;
}

const PATIENCE: Patience = { askMs: 3_000, times: 10 };

type Asked = Pick<LocalApi, 'baseUrl' | 'token' | 'pid' | 'attached'>;

/**
 * A wait that only ends, by an error, when the engine answers nothing at all any more. A request that it
 * works on may take as long as it likes: a small one is answered meanwhile.
 */
export function untilSilent(
  fetch: Fetch,
  engine: Asked,
  note: (text: string) => void,
  { askMs, times }: Patience = PATIENCE,
): (done: AbortSignal) => Promise<never> {
  const name = `the local engine${engine.attached ? ` (process ${engine.pid})` : ''}`;
  let noted = false;
  return async (done) => {
    await pause(askMs, done);
    for (let silent = 0; silent < times; ) {
      const answered = await isThere(fetch, engine, askMs, done);
      silent = answered ? 0 : silent + 1;
      if (answered) await pause(askMs, done);
      else if (!noted) {
        note(`${name} does not answer; it may be paused`);
        noted = true;
      }
    }
    throw new GoblinError('failed', 'engine_silent', `${name} does not answer`, {
      hint: `If it is paused, resume it (\`fg\` in its terminal, or \`kill -CONT ${engine.pid}\`); else end it.`,
    });
  };
}

/** Whether the engine answers a small request in time. Any answer will do, and so will a refused connection. */
function isThere(
  fetch: Fetch,
  { baseUrl, token }: Asked,
  ms: number,
  done: AbortSignal,
): Promise<boolean> {
  const hangUp = new AbortController();
  const signal = AbortSignal.any([done, hangUp.signal]);
  const headers = { authorization: `Bearer ${token}` };
  const answer = fetch(`${baseUrl}/user/tokens/verify`, { headers, signal }).then(
    () => true,
    () => true,
  );
  return Promise.race([answer, pause(ms, done).then(() => false)]).finally(() => hangUp.abort());
}

/** Never resolves once the exchange is done: its result is not used any more. */
async function pause(ms: number, done: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: done, ref: false }).catch(() => new Promise(() => {}));
}
