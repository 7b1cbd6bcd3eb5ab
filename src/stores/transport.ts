/**
 * One HTTP exchange with the API, whole or not at all. The body is read to its end here, because the SDK
 * stops its clock at the headers and a stalled body would hang for ever; and because only a whole answer
 * can be tried again. What no API would say (a proxy's HTML page, `success: false` with status 200) is an
 * error here, for the SDK takes both for success.
 */
import { GoblinError } from '../errors.ts';
import { type Fetch, type HttpResponse, httpResponse } from '../http.ts';

export interface Patience {
  /** Milliseconds until the headers must be there. */
  headersMs: number;
  /** Milliseconds that a body may pause. */
  stallMs: number;
}

const PATIENCE: Patience = { headersMs: 60_000, stallMs: 30_000 };

/**
 * @returns a fetch whose response is complete in memory (KV values are 25 MiB at most).
 * @throws {GoblinError} `api_unreachable`, `api_timeout`, `api_stalled`, `not_the_api`, `api_failure`; all
 *   but the last two retryable.
 */
export function wholeExchange(fetch: Fetch, patience: Patience = PATIENCE): Fetch {
  return async (url, init) => {
    const interrupted = init.signal ?? undefined;
    const timer = new AbortController();
    const signal = interrupted ? AbortSignal.any([interrupted, timer.signal]) : timer.signal;
    const headersTimer = setTimeout(() => timer.abort(), patience.headersMs);
    const response = await fetch(url, { ...init, signal })
      .catch((cause: unknown) => {
        throw interrupted?.aborted ? cause : connectionError(url, cause, timer.signal.aborted);
      })
      .finally(() => clearTimeout(headersTimer));
    const reading = { stallMs: patience.stallMs, interrupted, hangUp: () => timer.abort() };
    const bytes = await readWhole(response, reading);
    const envelope = checkAnswer(response, bytes, url);
    const whole = httpResponse(response.status, response.headers, chunksOf(bytes));
    // Parsed once: of a long list the parsing is most of the work.
    return envelope ? { ...whole, json: async () => envelope } : whole;
  };
}

async function* chunksOf(bytes: Uint8Array) {
  yield bytes;
}

function connectionError(url: string, cause: unknown, timedOut: boolean): GoblinError {
  const { host } = new URL(url);
  if (timedOut) {
    return new GoblinError('failed', 'api_timeout', `no answer from ${host} in time`, {
      hint: 'Try again; if it goes on, look at cloudflarestatus.com.',
      retryable: true,
      cause,
    });
  }
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const code = (inner as { code?: unknown } | null)?.code;
  const reason =
    typeof code === 'string' ? code : inner instanceof Error ? inner.message : String(inner);
  return new GoblinError('failed', 'api_unreachable', `cannot reach ${host}: ${reason}`, {
    hint: 'Check the network, and HTTPS_PROXY and CLOUDFLARE_API_BASE_URL if they are set.',
    retryable: true,
    cause,
  });
}

interface Reading {
  stallMs: number;
  /** The caller's own signal: Ctrl-C. */
  interrupted: AbortSignal | undefined;
  /** Ends the exchange, and with it a read under way. */
  hangUp: () => void;
}

async function readWhole(response: HttpResponse, reading: Reading): Promise<Uint8Array> {
  const body = response.body?.[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  while (body) {
    const { done, value } = await readNext(body, response, reading);
    if (done) break;
    chunks.push(value);
  }
  return Buffer.concat(chunks);
}

async function readNext(
  body: AsyncIterator<Uint8Array>,
  response: HttpResponse,
  { stallMs, interrupted, hangUp }: Reading,
) {
  let timer: NodeJS.Timeout | undefined;
  const stalled = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = `the API's answer stopped midway for ${stallMs / 1000} s`;
      reject(cutShort('api_stalled', message, response));
      hangUp();
    }, stallMs);
  });
  const next = body.next().catch((cause: unknown) => {
    if (interrupted?.aborted) throw cause;
    throw cutShort('api_cut_off', "the API's answer was cut off midway", response, cause);
  });
  return Promise.race([next, stalled]).finally(() => clearTimeout(timer));
}

function cutShort(
  code: string,
  message: string,
  response: HttpResponse,
  cause?: unknown,
): GoblinError {
  return new GoblinError('failed', code, message, {
    hint: 'Try again.',
    retryable: true,
    requestId: requestIdOf(response.headers),
    cause,
  });
}

/**
 * Judges an answer with a 2xx status: raw values are taken as they are, all else must be an envelope.
 * @returns the envelope, where it is one
 */
function checkAnswer(response: HttpResponse, bytes: Uint8Array, url: string): Envelope | undefined {
  const { pathname, host } = new URL(url);
  const isValue = pathname.includes('/values/');
  if (!response.ok || response.status === 204 || isValue) return undefined;
  const envelope = parseEnvelope(bytes);
  if (envelope === null) {
    const type = response.headers.get('content-type') ?? 'no content type';
    throw new GoblinError(
      'failed',
      'not_the_api',
      `${host} answered with ${type}, not with the API's JSON`,
      {
        hint: 'A proxy or login page may stand in between; check CLOUDFLARE_API_BASE_URL if it is set.',
        requestId: requestIdOf(response.headers),
      },
    );
  }
  if (envelope.success === false) {
    const reasons = envelope.errors?.map(({ code, message }) => `${message} (${code})`).join('; ');
    throw new GoblinError(
      'failed',
      'api_failure',
      `the API reports failure: ${reasons || 'no reason'}`,
      {
        requestId: requestIdOf(response.headers),
      },
    );
  }
  return envelope;
}

interface Envelope {
  success?: boolean;
  errors?: { code: number; message: string }[];
}

function parseEnvelope(bytes: Uint8Array): Envelope | null {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof parsed === 'object' && parsed !== null ? parsed : null;
  } catch {
    return null;
  }
}

/** Cloudflare's own name for a request, which its support asks for. */
export function requestIdOf(headers: Headers | undefined): string | undefined {
  return headers?.get('cf-ray') ?? undefined;
}
