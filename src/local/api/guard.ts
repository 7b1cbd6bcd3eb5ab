/**
 * Who may speak to the API: only programs on this machine that know the token. A page in a browser can
 * reach a loopback port too, under a name of its own that resolves to 127.0.0.1 or from another origin,
 * so both headers are checked before the token is.
 */
import type { MiddlewareHandler } from 'hono';
import type { Api } from './bindings.ts';
import { forbidden, unauthenticated } from './reply.ts';

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** @throws ApiFailure 403 for a foreign Host or Origin or a wrong token, 401 for none. */
export const guard: MiddlewareHandler<Api> = async (c, next) => {
  checkHost(c.req.raw);
  await checkToken(c.req.header('authorization'), c.env.API_TOKEN);
  await next();
};

/** @throws ApiFailure 403 for a foreign Host or Origin. */
export function checkHost({ headers, url }: Request): void {
  const { host, hostname } = new URL(url);
  if (!LOOPBACK.has(hostname)) throw forbidden('foreign Host header');
  const origin = headers.get('origin');
  if (origin !== null && origin !== `http://${host}`) throw forbidden('foreign Origin header');
}

async function checkToken(authorization: string | undefined, token: string): Promise<void> {
  const given = /^bearer +(.+)$/i.exec(authorization ?? '')?.[1];
  if (given === undefined) throw unauthenticated();
  const [a, b] = await Promise.all([sha256(given), sha256(token)]);
  if (!crypto.subtle.timingSafeEqual(a, b)) throw forbidden('wrong API token');
}

function sha256(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
}
