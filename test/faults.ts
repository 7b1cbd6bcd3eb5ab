/** A network that goes wrong where a test wants it to, in front of any API: in memory, or an engine's. */
import type { Fetch } from './memory-api.ts';

/** What becomes of a request; `pass` has it carried out. */
export type Fault = (pass: () => Promise<Response>, init: RequestInit) => Promise<Response>;

/** A broken connection, of which a client cannot say how far the request came. */
export const dieBefore: Fault = async () => {
  throw new TypeError('fetch failed');
};

/** Nobody listens, so nothing was sent. */
export const refuseConnection: Fault = async () => {
  throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED', syscall: 'connect' });
};

/** Carried out, and the answer lost. */
export const dieAfter: Fault = async (pass) => {
  await pass();
  throw new TypeError('fetch failed');
};

/** Carried out, and the answer cut off midway. */
export const cutOff: Fault = async (pass) => {
  const answer = await pass();
  const bytes = new Uint8Array(await answer.arrayBuffer());
  return answerOf(answer, async function* () {
    yield bytes.subarray(0, bytes.length / 2);
    throw new TypeError('terminated');
  });
};

/** Carried out; the answer comes byte by byte, one every `ms`. */
export const drip =
  (ms: number): Fault =>
  async (pass) => {
    const answer = await pass();
    const bytes = new Uint8Array(await answer.arrayBuffer());
    return answerOf(answer, async function* () {
      for (let at = 0; at < bytes.length; at++) {
        await new Promise((resolve) => setTimeout(resolve, ms));
        yield bytes.subarray(at, at + 1);
      }
    });
  };

/** No answer ever, until the client hangs up. */
export const silence: Fault = (_pass, { signal }) =>
  new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(new Error('aborted')));
  });

export interface Odd {
  body?: string | null;
  status?: number;
  type?: string;
  headers?: Record<string, string>;
  /** Whether the request is carried out all the same. */
  applied?: boolean;
}

/** Another answer than the API's. */
export const answering =
  ({ body = '', status = 200, type = 'application/json', headers, applied }: Odd): Fault =>
  async (pass) => {
    if (applied) await pass();
    return new Response(body, { status, headers: { 'content-type': type, ...headers } });
  };

/** 429, each time. */
export const flood = (seconds: number): Fault =>
  answering({
    status: 429,
    headers: { 'retry-after': String(seconds) },
    body: '{"success":false,"errors":[{"code":971,"message":"Please wait"}]}',
  });

function answerOf({ status, headers }: Response, body: () => AsyncGenerator<Uint8Array>): Response {
  return new Response(ReadableStream.from(body()) as ReadableStream, { status, headers });
}

export interface Seen {
  /** From 1. */
  nth: number;
  method: string;
  path: string;
}

/** The network with the fault that `choose` gives for a request; without one the request passes. */
export function faulty(network: Fetch, choose: (request: Seen) => Fault | undefined): Fetch {
  let nth = 0;
  return (url, init) => {
    const request = { nth: ++nth, method: init.method ?? 'GET', path: new URL(url).pathname };
    const fault = choose(request);
    return fault ? fault(() => network(url, init), init) : network(url, init);
  };
}

/** The network up to the request number `nth`, which has the fault; after it the API is dead. */
export function dyingAt(network: Fetch, at: number, fault: Fault): Fetch {
  return faulty(network, ({ nth }) => {
    if (nth < at) return undefined;
    return nth === at ? fault : refuseConnection;
  });
}

/** Every write answered by the fault, reads as ever. */
export function onWrites(network: Fetch, fault: Fault): Fetch {
  return faulty(network, ({ method, path }) =>
    method === 'GET' || path.endsWith('/bulk/get') ? undefined : fault,
  );
}

/** The network with a way there and a way back, each of which takes as long as `travel`. */
export function distant(network: Fetch, travel: () => Promise<void>): Fetch {
  return async (url, init) => {
    await travel();
    const answer = await network(url, init);
    await travel();
    return answer;
  };
}
