/** Which web pages may read the Worker's own answers: those whose origin `CORS_ORIGINS` names. */
import type { Call } from './call.ts';
import { variables } from './variables.ts';

const READABLE = 'Retry-After, RateLimit, RateLimit-Policy, WWW-Authenticate';
/** Seconds for which a browser need not ask again: no browser takes more than a day. */
const PREFLIGHT_SECONDS = '86400';

/** Headers of every answer that the Worker makes itself. */
export function corsHeaders(call: Call): Record<string, string> {
  const { CORS_ORIGINS } = variables(call.env);
  if (CORS_ORIGINS.length === 0) return {};
  const origin = allowedOrigin(call, CORS_ORIGINS);
  if (origin === undefined) return { Vary: 'Origin' };
  return {
    Vary: 'Origin',
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Expose-Headers': READABLE,
  };
}

/** The answer to a browser that asks before it sends; undefined where the request is something else. */
export function preflight(call: Call, methods: string): Response | undefined {
  const { method, request } = call;
  const isAsked = method === 'OPTIONS' && request.headers.has('Access-Control-Request-Method');
  if (!isAsked || variables(call.env).CORS_ORIGINS.length === 0) return;
  call.event = '';
  return new Response(null, {
    status: 204,
    headers: {
      ...corsHeaders(call),
      'Access-Control-Allow-Methods': methods,
      'Access-Control-Allow-Headers': 'Authorization, Content-Type',
      'Access-Control-Max-Age': PREFLIGHT_SECONDS,
    },
  });
}

/** Whether a browser asks for a page of another origin that `CORS_ORIGINS`, where it is set, does not name. */
export function isForeignPage(call: Call): boolean {
  const { headers, url } = call.request;
  const origin = headers.get('Origin');
  const { CORS_ORIGINS } = variables(call.env);
  if (origin === null || CORS_ORIGINS.length === 0) return false;
  return !url.startsWith(`${origin}/`) && allowedOrigin(call, CORS_ORIGINS) === undefined;
}

function allowedOrigin({ request }: Call, origins: readonly string[]): string | undefined {
  if (origins.includes('*')) return '*';
  const origin = request.headers.get('Origin') ?? '';
  return origins.includes(origin) ? origin : undefined;
}
