/**
 * One HTTP exchange with the API, whole or not at all. The body is read to its end here, because the SDK
 * stops its clock at the headers and a stalled body would hang forever; and because only a whole answer can
 * be tried again.
 */
import { GoblinError, interrupted } from '../contract/errors.ts';
import { type Fetch, type HttpResponse, httpResponse } from './http.ts';
import { requestIdOf } from './refusal.ts';

export interface Patience {
  /** Milliseconds until the headers must be there, beside what the request's own body takes. */
  headersMs: number;
  /** Milliseconds that a body may pause. */
  stallMs: number;
  /** Milliseconds that any body may take, beside what its bytes take. */
  bodyMs: number;
  /** Bytes a second below which a body is given up: one that drips has an end in total. */
  leastRate: number;
}

const PATIENCE: Patience = {
  headersMs: 60_000,
  stallMs: 30_000,
  bodyMs: 60_000,
  leastRate: 16 * 1024,
};

/**
 * @returns a fetch whose response is complete in memory (KV values are 25 MiB at most).
 * @throws {GoblinError} `api_unreachable` and `proxy_unreachable` where nothing was sent; `api_timeout`, `api_stalled`, `api_slow` and
 *   `api_cut_off`, where the API may have acted; all retryable. `interrupted` on Ctrl-C.
 */
export function wholeExchange(fetch: Fetch, patience: Patience = PATIENCE): Fetch {
  return async (url, init) => {
    const stopped = init.signal ?? undefined;
    const timer = new AbortController();
    const signal = stopped ? AbortSignal.any([stopped, timer.signal]) : timer.signal;
    const sending = (1000 * sizeOf(init.body)) / patience.leastRate;
    const headersTimer = setTimeout(() => timer.abort(), patience.headersMs + sending);
    const response = await fetch(url, { ...init, signal })
      .catch((cause: unknown) => {
        if (stopped?.aborted) throw interrupted('interrupted', cause);
        throw connectionError(new URL(url).host, cause, timer.signal.aborted);
      })
      .finally(() => clearTimeout(headersTimer));
    const bytes = await readWhole(response, { patience, stopped, hangUp: () => timer.abort() });
    return httpResponse(response.status, response.headers, chunksOf(bytes));
  };
}

/** Nearly: text is counted in characters. */
function sizeOf(body: RequestInit['body']): number {
  return typeof body === 'string' || body instanceof Uint8Array ? body.length : 0;
}

async function* chunksOf(bytes: Uint8Array) {
  yield bytes;
}

/** What fails before a request is sent. */
const BEFORE_SENDING = /^(connect|getaddrinfo)$/;
const NO_CONNECTION =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT)$|CERT|SIGNATURE|^ERR_TLS/;

function connectionError(host: string, cause: unknown, timedOut: boolean): GoblinError {
  if (timedOut) {
    return retryable('api_timeout', `no answer from ${host} in time`, {
      hint: 'Try again; if it goes on, look at cloudflarestatus.com.',
      cause,
    });
  }
  if (cause instanceof Error && 'proxy' in cause) {
    const message = `cannot go through the proxy ${cause.proxy}: ${cause.message}`;
    return retryable('proxy_unreachable', message, {
      hint: 'Check HTTPS_PROXY and ALL_PROXY; NO_PROXY names hosts that are reached without it.',
      cause,
    });
  }
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const { code, syscall } = (inner ?? {}) as { code?: unknown; syscall?: unknown };
  const reason =
    typeof code === 'string' ? code : inner instanceof Error ? inner.message : String(inner);
  if (!BEFORE_SENDING.test(String(syscall)) && !NO_CONNECTION.test(String(code))) {
    return retryable('api_cut_off', `the connection to ${host} broke: ${reason}`, { cause });
  }
  return retryable('api_unreachable', `cannot reach ${host}: ${reason}`, {
    hint: 'Check the network, and HTTPS_PROXY and CLOUDFLARE_API_BASE_URL if they are set.',
    cause,
  });
}

interface Reading {
  patience: Patience;
  /** The caller's own signal: Ctrl-C. */
  stopped: AbortSignal | undefined;
  /** Ends the exchange, and with it a read under way. */
  hangUp: () => void;
}

async function readWhole(response: HttpResponse, reading: Reading): Promise<Uint8Array> {
  const { stallMs, bodyMs, leastRate } = reading.patience;
  const body = response.body?.[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  const began = clockMs();
  let size = 0;
  while (body) {
    const left = began + bodyMs + (1000 * size) / leastRate - clockMs();
    const limit: Limit =
      left < stallMs
        ? {
            ms: left,
            code: 'api_slow',
            message: `the API's answer came too slowly (${size} bytes)`,
          }
        : { ms: stallMs, code: 'api_stalled', message: stalled(stallMs) };
    const { done, value } = await readNext(body, response, limit, reading);
    if (done) break;
    size += value.length;
    chunks.push(value);
  }
  return Buffer.concat(chunks);
}

/** Milliseconds that only go forward. Node loads `performance` on first use, for a millisecond of CPU. */
const clockMs = () => Number(process.hrtime.bigint()) / 1e6;

const stalled = (ms: number) => `the API's answer stopped midway for ${ms / 1000} s`;

/** How long a chunk may take, and the error where it takes longer. */
interface Limit {
  ms: number;
  code: string;
  message: string;
}

async function readNext(
  body: AsyncIterator<Uint8Array>,
  response: HttpResponse,
  { ms, code, message }: Limit,
  { stopped, hangUp }: Reading,
) {
  const requestId = requestIdOf(response.headers);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(retryable(code, message, { requestId }));
      hangUp();
    }, ms);
  });
  const next = body.next().catch((cause: unknown) => {
    if (stopped?.aborted) throw interrupted('interrupted', cause);
    throw retryable('api_cut_off', "the API's answer was cut off midway", { requestId, cause });
  });
  return Promise.race([next, late]).finally(() => clearTimeout(timer));
}

function retryable(
  code: string,
  message: string,
  details: { hint?: string; requestId?: string | undefined; cause?: unknown },
): GoblinError {
  return new GoblinError('failed', code, message, {
    hint: 'Try again.',
    retryable: true,
    ...details,
  });
}
