/** One request on its way through the steps, and what they have found out so far. */
import type { AnalyticsEventType } from '../../src/shards/analytics.ts';
import type { Session } from '../../src/shards/session.ts';
import type { Bucket } from './bucket.ts';
import type { Told } from './context-headers.ts';
import type { Env } from './env.ts';

export type Context = Pick<ExecutionContext, 'waitUntil'>;

export interface Call {
  readonly request: Request;
  readonly env: Env;
  readonly ctx: Context;
  /** When the request came, milliseconds since 1970. */
  readonly now: number;
  readonly method: string;
  readonly ip: string;
  /** Path and query as they were sent: not decoded, and not always normalised by the runtime. */
  readonly target: string;
  readonly path: string;
  /** The bearer token, cut to what fits into a KV key of 512 bytes; empty if there is none. */
  readonly bearer: string;
  /** The bearer is `ADMIN_TOKEN`. */
  isAdmin?: boolean;
  session?: Session;
  /** The session as it is stored, with the fields that this Worker does not know. */
  storedSession?: Record<string, unknown>;
  /** Why there is a bearer and no session. */
  problem?: 'session_invalid' | 'session_expired';
  /** What the user said before; for the backend. */
  context?: Told | undefined;
  /** Settled when the flags are in memory, where the request had to wait for that. */
  flagsLoading?: Promise<unknown>;
  /** The cache key of the response; empty if it must not be cached. */
  key: string;
  /** What this isolate counts for the client; set before the rate limit is checked. */
  bucket?: Bucket;
  /** The rate limiter has decided: 0 where the request may pass, else when it may come back. */
  overUntil?: number;
  /** What the backend says that it used: tokens, and US dollars. */
  tokens?: number;
  cost?: number;
  /** What the analytics event will say; nothing for a request that was refused. */
  event: AnalyticsEventType | '';
}

/** The response of a step; undefined if the next step has to answer. */
export type Answer = Response | Promise<Response> | undefined;

export function describe(request: Request, env: Env, ctx: Context): Call {
  const { url, headers, method } = request;
  // Cheaper than `new URL`. The search for the path starts behind `https://`; a fragment is not sent on.
  const target = upTo('#', url.slice(url.indexOf('/', 8)));
  return {
    request,
    env,
    ctx,
    now: Date.now(),
    method,
    // Cloudflare overwrites whatever the client sends.
    ip: headers.get('CF-Connecting-IP') ?? 'unknown',
    target,
    path: upTo('?', target),
    bearer: bearerOf(headers.get('Authorization')),
    key: '',
    event: 'request',
  };
}

function bearerOf(authorization: string | null): string {
  return (authorization && /^bearer +([!-~]{1,500})/i.exec(authorization)?.[1]) || '';
}

/** The part of a text before a character. */
function upTo(character: string, text: string): string {
  const end = text.indexOf(character);
  return end === -1 ? text : text.slice(0, end);
}
