/**
 * `fetch` on Node's own HTTP client. To touch the built-in one, or the `Response` that comes with
 * it, takes longer than everything else in a command together (`npm run bench:startup`). Redirects are
 * given back, not followed: no API we speak to has any, and a token must not travel.
 */
import { type IncomingMessage, request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { readAll } from '../io/read-all.ts';
import type { ProxyRoute } from './proxy.ts';

/** What is read of a response; the built-in `Response` is one too. */
export interface HttpResponse
  extends Pick<Response, 'ok' | 'status' | 'headers' | 'arrayBuffer' | 'text' | 'json'> {
  /** Can be read once, by this or by one of the methods. */
  readonly body: AsyncIterable<Uint8Array> | null;
}

/**
 * What a request does to what is stored. `repeatable`: the same after the second time as after the first.
 * `once`: it must not be sent again, because the first may have been carried out.
 */
export type Effect = 'read' | 'repeatable' | 'once';

/** A request; where its effect is left out, it follows from the method. */
export interface ApiRequest extends RequestInit {
  effect?: Effect;
}

/** The effect of a request that does not say it. A POST may add something each time. */
const EFFECTS: Readonly<Record<string, Effect>> = {
  GET: 'read',
  PUT: 'repeatable',
  DELETE: 'repeatable',
};

/** What a request does to what is stored. */
export function effectOf({ effect, method = 'GET' }: ApiRequest): Effect {
  return effect ?? EFFECTS[method] ?? 'once';
}

export type Fetch = (url: string, init: ApiRequest) => Promise<HttpResponse>;

/** Each function is looked up on first use, because that loads its module. Node's global agents keep connections open. */
const CLIENTS: Record<string, () => typeof request> = {
  'http:': () => request,
  'https:': () => secureRequest,
};

/** Statuses whose response can have no body (https://fetch.spec.whatwg.org/#null-body-status). */
const WITHOUT_BODY = new Set([204, 205, 304]);

/** As the built-in `fetch`, for http and https, with a body of text or bytes. */
export async function httpFetch(address: string, init: RequestInit = {}): Promise<HttpResponse> {
  const url = new URL(address);
  const send = CLIENTS[url.protocol]?.();
  if (!send) throw new TypeError(`${url.protocol} is not http: or https:`);
  const { headers, body } = encode(init);
  const signal = init.signal ?? undefined;
  const route = url.protocol === 'https:' ? await routeFor(address) : undefined;
  signal?.throwIfAborted();
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    const method = init.method ?? 'GET';
    const sent = send(url, { headers, method, ...(route && { agent: route.agent }) }, resolve);
    route?.watch(sent, reject);
    // Node's own `signal` option does this by a way that costs as much as the rest of the request.
    const abort = () => sent.destroy(signal?.reason);
    signal?.addEventListener('abort', abort);
    sent.on('close', () => signal?.removeEventListener('abort', abort));
    sent.on('error', (error) => reject(route?.explain(error) ?? error)).end(body);
  });
  return responseOf(message);
}

const PROXY_VARIABLES = ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'] as const;

/** Loaded where the environment names a proxy. */
async function routeFor(address: string): Promise<ProxyRoute | undefined> {
  if (!PROXY_VARIABLES.some((name) => process.env[name])) return undefined;
  return (await import('./proxy.ts')).proxyRoute(address);
}

interface Encoded {
  headers: Record<string, string | number>;
  body: string | Uint8Array | null;
}

function encode({ headers, body }: RequestInit): Encoded {
  const bytes = bytesOf(body);
  const given = new Headers(headers);
  if (typeof bytes === 'string' && !given.has('content-type')) {
    given.set('content-type', 'text/plain;charset=UTF-8');
  }
  given.set('accept-encoding', 'gzip');
  const length = bytes === null ? {} : { 'content-length': Buffer.byteLength(bytes) };
  return { headers: { ...Object.fromEntries(given), ...length }, body: bytes };
}

function bytesOf(body: RequestInit['body']): Encoded['body'] {
  if (body === null || body === undefined) return null;
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  throw new TypeError('a body is text or bytes');
}

function responseOf(message: IncomingMessage): HttpResponse {
  const { statusCode: status = 0, rawHeaders } = message;
  const headers = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    headers.append(rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '');
  }
  if (!WITHOUT_BODY.has(status)) return httpResponse(status, headers, unpacked(message));
  message.resume();
  return httpResponse(status, headers, null);
}

function unpacked(message: IncomingMessage): AsyncIterable<Uint8Array> {
  if (message.headers['content-encoding'] !== 'gzip') return chunksOf(message);
  // What breaks on the way reaches the reader as the last stream's error.
  return chunksOf(pipeline(message, createGunzip(), () => {}));
}

/** What a stream holds, as its own iterator would give it, which costs more than the whole response. */
async function* chunksOf(stream: Readable): AsyncGenerator<Uint8Array> {
  let failure: Error | undefined;
  let wake = () => {};
  const news = () => wake();
  stream.on('readable', news).on('close', news);
  stream.on('error', (error: Error) => {
    failure = error;
    news();
  });
  try {
    while (!stream.readableEnded) {
      const chunk: Uint8Array | null = stream.read();
      if (chunk !== null) yield chunk;
      else if (failure) throw failure;
      else if (stream.closed) return;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    stream.destroy();
  }
}

/** A response of these parts. */
export function httpResponse(
  status: number,
  headers: Headers,
  body: HttpResponse['body'],
): HttpResponse {
  const whole = async () => new Uint8Array(await readAll(body ?? []));
  const text = async () => new TextDecoder().decode(await whole());
  return {
    ok: status >= 200 && status < 300,
    status,
    headers,
    body,
    text,
    json: async () => JSON.parse(await text()),
    arrayBuffer: async () => (await whole()).buffer,
  };
}
