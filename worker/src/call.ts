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
  /** What follows `Bearer`, so much of it as fits into a key of 512 bytes; empty where nothing does. */
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
  /** Under which key the answer may be shared; empty where it may not. */
  key: string;
  /** Of the address, in this isolate. */
  bucket: Bucket;
  /** The rate limiter has decided: 0 where the request may pass, else when it may come back. */
  overUntil?: number;
  /** What the analytics event will say; nothing for a request that was refused. */
  event: AnalyticsEventType | '';
}

/** The answer of a step, or undefined where the request goes on to the next. */
export type Answer = Response | Promise<Response | undefined> | undefined;

export function describe(request: Request, env: Env, ctx: Context): Call {
  const { url, headers, method } = request;
  // Parsing the URL would cost more than all of this. A `#` never belongs to what is asked for.
  const target = upTo('#', url.slice(url.indexOf('/', 8)));
  const call: Omit<Call, 'bucket' | 'key'> = {
    request,
    env,
    ctx,
    now: Date.now(),
    method,
    // Cloudflare sets it, whatever the client says.
    ip: headers.get('CF-Connecting-IP') ?? 'unknown',
    target,
    path: upTo('?', target),
    bearer: bearerOf(headers.get('Authorization')),
    event: 'request',
  };
  // Its bucket is the first thing it gets, and its key, if any, the next.
  return call as Call;
}

function bearerOf(authorization: string | null): string {
  return (authorization && /^bearer +([!-~]{1,500})/i.exec(authorization)?.[1]) || '';
}

/** The part of a text before a character. */
function upTo(character: string, text: string): string {
  const end = text.indexOf(character);
  return end === -1 ? text : text.slice(0, end);
}
