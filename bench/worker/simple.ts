/**
 * The seven jobs as one writes them down first: one KV call after another, each of them waited for, two
 * writes per request. It is what the Worker is compared with, and nothing is tuned in it.
 */
interface Env {
  GOBLIN_KV: KVNamespace;
  API_URL: string;
}

const DEFAULTS = { api_enabled: true, rate_limiting_enabled: true, new_ui_enabled: false };
const SHARED = ['/health', '/models', '/providers', '/settings'];

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const start = Date.now();
    const url = new URL(request.url);
    const kv = env.GOBLIN_KV;
    const ip = request.headers.get('CF-Connecting-IP') ?? 'unknown';
    const flags = (await kv.get<typeof DEFAULTS>('feature_flags', 'json')) ?? DEFAULTS;
    if (!flags.api_enabled) return new Response('disabled', { status: 503 });

    const count = Number((await kv.get(`ratelimit:${ip}`)) ?? 0);
    if (count >= 100) {
      const event = { timestamp: start, ip, event_type: 'rate_limited' };
      await kv.put(`security:${start}:${ip}`, JSON.stringify(event), { expirationTtl: 604_800 });
      return new Response('slow down', { status: 429 });
    }
    await kv.put(`ratelimit:${ip}`, String(count + 1), { expirationTtl: 60 });

    const headers = new Headers(request.headers);
    const token = /^Bearer (.+)$/.exec(headers.get('Authorization') ?? '')?.[1];
    if (token !== undefined) {
      const session = await kv.get<{ user_id: string }>(`session:${token}`, 'json');
      if (session === null) return new Response('who?', { status: 401 });
      headers.set('X-User-Id', session.user_id);
    }

    const response = await answer(request, env, url, headers);
    const duration_ms = Date.now() - start;
    const event = { timestamp: start, ip, method: request.method, path: url.pathname, duration_ms };
    await kv.put(`analytics:${start}:${ip}`, JSON.stringify(event), { expirationTtl: 86_400 });
    return response;
  },
};

async function answer(
  request: Request,
  env: Env,
  { pathname, search }: URL,
  headers: Headers,
): Promise<Response> {
  const isShared = request.method === 'GET' && SHARED.includes(pathname);
  const key = `cache:${pathname}${search}`;
  const cached = isShared ? await env.GOBLIN_KV.get(key) : null;
  if (cached !== null) return new Response(cached);
  const { method, body } = request;
  const response = await fetch(env.API_URL + pathname + search, { method, headers, body });
  if (!isShared || !response.ok) return response;
  const text = await response.text();
  await env.GOBLIN_KV.put(key, text, { expirationTtl: 300 });
  return new Response(text, response);
}
