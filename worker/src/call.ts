/** One request on its way through the steps, and what they have found out so far. */
import type { AnalyticsEventType } from '../../src/shards/analytics.ts';
import type { Message } from '../../src/shards/conversation.ts';
import type { Session } from '../../src/shards/session.ts';
import type { Env } from './env.ts';
import type { Memory } from './memory.ts';

export type Context = Pick<ExecutionContext, 'waitUntil'>;

export interface Call {
  readonly request: Request;
  readonly env: Env;
  readonly ctx: Context;
  readonly memory: Memory;
  /** When the request came, milliseconds since 1970. */
  readonly now: number;
  readonly method: string;
  readonly ip: string;
  /** Path and query as they were sent; never decoded. */
  readonly target: string;
  readonly path: string;
  readonly bearer: string;
  /** The bearer was compared with `ADMIN_TOKEN` and is it. */
  isAdmin?: boolean;
  session?: Session;
  /** Why there is a bearer and no session. */
  problem?: 'session_invalid' | 'session_expired' | 'unavailable';
  /** What the user that the unchecked token names said before. */
  hinted?: Message[] | null;
  /** What the user said before; for the backend. */
  messages?: Message[] | null;
  /** Under which key the answer may be shared. */
  cacheKey?: string | null;
  /** What the analytics event will say; null for a request that was refused. */
  event: AnalyticsEventType | null;
}

/** The answer of a step, or undefined where the request goes on to the next. */
export type Answer = Response | Promise<Response> | undefined;

export function describe(request: Request, env: Env, ctx: Context, memory: Memory): Call {
  const { url, headers, method } = request;
  // Parsing the URL would cost more than all of this; the runtime has normalised it already.
  const target = url.slice(url.indexOf('/', 8));
  const ip = headers.get('CF-Connecting-IP') ?? '';
  return {
    request,
    env,
    ctx,
    memory,
    now: Date.now(),
    method,
    // Cloudflare sets the header; only where there is no Cloudflare in front can it be something else.
    ip: /^[\da-fA-F.:]{2,45}$/.test(ip) ? ip : 'unknown',
    target,
    path: target.split('?', 1)[0] ?? '',
    bearer: /^bearer +(\S+)$/i.exec(headers.get('Authorization') ?? '')?.[1] ?? '',
    event: 'request',
  };
}
