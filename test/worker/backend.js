/** The backend of the tests: it behaves as the path says, in workerd, over real streams. */

/** Requests by path and query, in this isolate. */
const hits = new Map();
const encoder = new TextEncoder();
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const ROUTES = {
  '/hits': (_request, url) => Response.json(hits.get(url.searchParams.get('of')) ?? 0),
  '/sse': () => stream(['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n'], 100, 'text/event-stream'),
  '/cut': () => cut(),
  '/slow': async (_request, url) => {
    await pause(Number(url.searchParams.get('ms')));
    return new Response('at last');
  },
  '/down': () => {
    throw new Error('a secret of the backend');
  },
  '/big': (_request, url) => big(Number(url.searchParams.get('mib'))),
  '/drain': async (request) => Response.json(await drain(request.body)),
  '/first': async (request) => {
    const { value } = await request.body.getReader().read();
    return new Response(value);
  },
  '/ws': () => socket(),
  '/teapot': () => new Response('short and stout', { status: 418, headers: { 'X-Odd': 'yes' } }),
  '/moved': () => Response.redirect('https://elsewhere.test/', 302),
};

export default {
  async fetch(request) {
    const url = new URL(request.url);
    const path = url.pathname + url.search;
    if (url.pathname !== '/hits') hits.set(path, (hits.get(path) ?? 0) + 1);
    const shared = url.searchParams.get('answer');
    if (shared !== null) return answer(JSON.parse(shared));
    return (ROUTES[url.pathname] ?? echo)(request, url);
  },
};

/** What the backend got. */
async function echo(request) {
  const headers = Object.fromEntries(request.headers);
  const { method, url } = request;
  return Response.json({ method, url, headers, body: await request.text() });
}

/** An answer made to order: `{ status, headers, body, size, ms }`; `policy` is the length of a header. */
async function answer({
  status = 200,
  headers = {},
  body = 'made to order',
  size,
  policy,
  ms = 0,
}) {
  await pause(ms);
  const long = policy ? { 'X-Policy': 'x'.repeat(policy) } : {};
  return new Response(size ? 'x'.repeat(size) : body, { status, headers: { ...headers, ...long } });
}

function stream(parts, ms, type) {
  const { readable, writable } = new TransformStream();
  const writer = writable.getWriter();
  (async () => {
    for (const part of parts) {
      await writer.write(encoder.encode(part));
      await pause(ms);
    }
    await writer.close();
  })();
  return new Response(readable, { headers: { 'Content-Type': type } });
}

function cut() {
  const { readable, writable } = new TransformStream();
  const writer = writable.getWriter();
  (async () => {
    await writer.write(encoder.encode('the beginning, and'));
    await pause(50);
    await writer.abort(new Error('cut'));
  })();
  return new Response(readable);
}

function big(mebibytes) {
  const chunk = new Uint8Array(1_048_576);
  let left = mebibytes;
  return new Response(
    new ReadableStream({
      pull(controller) {
        if (left-- > 0) controller.enqueue(chunk);
        else controller.close();
      },
    }),
  );
}

async function drain(body) {
  let bytes = 0;
  for await (const chunk of body) bytes += chunk.byteLength;
  return bytes;
}

function socket() {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.addEventListener('message', ({ data }) => server.send(`echo ${data}`));
  const headers = { 'X-Goblin-Tokens': '3' };
  return new Response(null, { status: 101, webSocket: client, headers });
}
