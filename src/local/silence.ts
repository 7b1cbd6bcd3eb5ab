/** Tells an engine that is paused from one that takes its time. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fetch } from '../api/http.ts';
import { GoblinError } from '../contract/errors.ts';
import type { LocalApi } from './attach.ts';

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
  let told = false;
  return async (done) => {
    await pause(askMs, done);
    for (let silent = 0; silent < times; ) {
      const answered = await isThere(fetch, engine, askMs, done);
      silent = answered ? 0 : silent + 1;
      if (answered) await pause(askMs, done);
      else if (!told) {
        note(`${name} does not answer; it may be paused`);
        told = true;
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

/** Never ends once the exchange is done: nobody listens any more. */
async function pause(ms: number, done: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: done, ref: false }).catch(() => new Promise(() => {}));
}
