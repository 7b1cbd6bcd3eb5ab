/**
 * A stand-in for the Goblin Assistant backend, so that the edge Worker has something to talk to on a
 * machine of its own. Its replies are fixed and plausible; `/chat` and `/login` answer what they were sent.
 */
const READ_ONLY: Record<string, unknown> = {
  '/health': { status: 'ok', version: '2.4.1', uptime_seconds: 86_400 },
  '/models': {
    models: [
      { id: 'goblin-small', context_window: 32_768, default: true },
      { id: 'goblin-large', context_window: 131_072, default: false },
    ],
  },
  '/providers': {
    providers: [
      { id: 'cave', name: 'Cave Compute', status: 'operational' },
      { id: 'burrow', name: 'Burrow AI', status: 'degraded' },
    ],
  },
  '/settings': { theme: 'moss', language: 'en', max_message_length: 4000 },
};

/** The headers in which the edge tells the backend what it knows of the caller; none is a secret. */
const CONTEXT_HEADER = /^x-(user|request|conversation|feature|client|goblin)-/;

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (request.method === 'POST' && pathname === '/chat') return chat(request);
    if (request.method === 'POST' && pathname === '/login') return login(request);
    if (request.method === 'GET' && Object.hasOwn(READ_ONLY, pathname)) {
      return Response.json(READ_ONLY[pathname]);
    }
    return Response.json({ error: 'not_found', path: pathname }, { status: 404 });
  },
};

async function chat(request: Request): Promise<Response> {
  const { message } = await readObject(request);
  if (typeof message !== 'string' || message === '') return missing('message');
  const reply = `You said ${[...message].length} characters. The goblins are thinking about it.`;
  const streamed = request.headers.get('accept')?.includes('text/event-stream');
  return streamed ? stream(reply) : Response.json({ reply, context: contextOf(request.headers) });
}

async function login(request: Request): Promise<Response> {
  const { user_id } = await readObject(request);
  if (typeof user_id !== 'string' || user_id === '') return missing('user_id');
  return Response.json({ user_id, display_name: user_id.replaceAll('_', ' '), plan: 'free' });
}

/** The context headers that came with a request, names in lower case. */
function contextOf(headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => CONTEXT_HEADER.test(name)));
}

/** The reply word by word as server-sent events, closed by `[DONE]`. */
function stream(reply: string): Response {
  const words = reply
    .split(' ')
    .map((word) => `data: ${JSON.stringify({ delta: `${word} ` })}\n\n`);
  const chunks = [...words, 'data: [DONE]\n\n'].map((text) => new TextEncoder().encode(text));
  const body = new ReadableStream({
    pull(controller) {
      const chunk = chunks.shift();
      if (chunk) controller.enqueue(chunk);
      else controller.close();
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

function missing(field: string): Response {
  return Response.json(
    { error: 'bad_request', message: `"${field}" is required` },
    { status: 400 },
  );
}

async function readObject(request: Request): Promise<Record<string, unknown>> {
  const body: unknown = await request.json().catch(() => null);
  return typeof body === 'object' && body !== null ? { ...body } : {};
}
