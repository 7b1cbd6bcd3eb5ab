/**
 * `fetch` on Node's own HTTP client. The built-in one compiles WebAssembly at its first request, which
 * takes as long as everything else in a command together (`npm run bench:startup`). Redirects are given
 * back, not followed: no API we speak to has any, and a token must not travel.
 */
import type { IncomingMessage } from 'node:http';

/** Each is loaded when it is first spoken. Node's global agents keep connections open between requests. */
const CLIENTS: Record<string, () => Pick<typeof import('node:http'), 'request'>> = {
  'http:': () => process.getBuiltinModule('node:http'),
  'https:': () => process.getBuiltinModule('node:https'),
};

/** Statuses whose response can have no body (https://fetch.spec.whatwg.org/#null-body-status). */
const WITHOUT_BODY = new Set([204, 205, 304]);

/** As the global `fetch`, for http and https, with a body that is known from the start. */
export async function httpFetch(address: string, init: RequestInit = {}): Promise<Response> {
  const url = new URL(address);
  const client = CLIENTS[url.protocol]?.();
  if (!client) throw new TypeError(`${url.protocol} is no HTTP`);
  const { headers, body } = await encode(init);
  const signal = init.signal ?? undefined;
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { headers, method: init.method ?? 'GET', ...(signal && { signal }) };
    client.request(url, options, resolve).on('error', reject).end(body);
  });
  return responseOf(message);
}

interface Encoded {
  headers: Record<string, string | number>;
  body: Uint8Array;
}

/** Forms and other bodies by the platform's own encoder, which also knows their content type. */
async function encode({ headers, body }: RequestInit): Promise<Encoded> {
  const encoded = new Response(body ?? null);
  const bytes = new Uint8Array(await encoded.arrayBuffer());
  const given = new Headers(headers);
  const type = given.get('content-type') ?? encoded.headers.get('content-type');
  if (type !== null) given.set('content-type', type);
  given.set('accept-encoding', 'gzip');
  const length = body == null ? {} : { 'content-length': bytes.length };
  return { headers: { ...Object.fromEntries(given), ...length }, body: bytes };
}

async function responseOf(message: IncomingMessage): Promise<Response> {
  const { statusCode: status = 0, statusMessage = '', rawHeaders } = message;
  const headers = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    headers.append(rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '');
  }
  const init = { status, statusText: statusMessage, headers };
  if (WITHOUT_BODY.has(status)) {
    message.resume();
    return new Response(null, init);
  }
  return new Response(streamOf(await unpacked(message)), init);
}

async function unpacked(message: IncomingMessage): Promise<NodeJS.ReadableStream> {
  if (message.headers['content-encoding'] !== 'gzip') return message;
  const [{ createGunzip }, { pipeline }] = await Promise.all([
    import('node:zlib'),
    import('node:stream'),
  ]);
  // What breaks on the way reaches the reader as the last stream's error.
  return pipeline(message, createGunzip(), () => {});
}

/** By hand: Node's adapter of streams takes longer to load than a response to come. */
function streamOf(source: NodeJS.ReadableStream): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      source.on('data', (chunk: Uint8Array) => controller.enqueue(new Uint8Array(chunk)));
      source.on('end', () => controller.close());
      source.on('error', (error) => controller.error(error));
    },
    cancel() {
      (source as IncomingMessage).destroy();
    },
  });
}
