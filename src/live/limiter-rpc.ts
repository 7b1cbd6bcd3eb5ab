/**
 * What the edge and the rate limiter's objects say to each other. There is one object a client. An isolate
 * of the edge takes tokens from it: each lets one request through in the current window. Fields are only
 * ever added, unknown ones are ignored and absent ones have defaults, so that either side may be one version
 * older than the other.
 */

/** Which writes to the KV mirror the isolate's write budget has room for. */
export type MirrorBudget = 'all' | 'limit' | 'none';

export interface TakeRequest {
  /** An IPv4 address, an IPv6 network, or `unknown`: what follows `ratelimit:` in the mirror's key. */
  client: string;
  /** The isolate that takes. */
  holder: string;
  /** Names this lease; a holder never uses a number twice. It ends the holder's lease before. */
  lease: number;
  /** Tokens for requests that wait. They are spent at once and never given back. */
  need: number;
  /** Tokens in all, with those for requests that may come. */
  want: number;
  mirror: MirrorBudget;
}

/** Times are durations, because the clocks of two machines differ. */
export interface TakeAnswer {
  granted: number;
  /** Tokens that nobody has. */
  left: number;
  /** Milliseconds until the window, or the operator's block, ends. */
  reset_in_ms: number;
  /** Milliseconds after which it is worth asking again where nothing was granted. */
  again_in_ms: number;
  /** The mirror is being written, at the cost of the isolate's budget. */
  mirrored: boolean;
}

export interface GiveBackRequest {
  holder: string;
  lease: number;
  /** Tokens that the holder will not spend. */
  unspent: number;
}

/** A client as the operator sees it. Times are milliseconds since 1970. */
export interface ClientState {
  /** Requests that were let through in this window, and tokens that isolates hold. */
  count: number;
  /** How many of them are tokens that isolates may still give back. */
  leased: number;
  /** End of the window or of the block; null where neither is open. */
  reset_at: number | null;
  /** End of the operator's block; null where there is none. */
  blocked_until: number | null;
}

export interface LimiterRpc {
  take(request: TakeRequest): Promise<TakeAnswer>;
  /** Gives tokens back. A lease can be given back once, and only in the window that it was taken in. */
  giveBack(request: GiveBackRequest): Promise<void>;
  show(): Promise<ClientState>;
  /** Forgets the window and lifts a block, here and in the mirror. */
  reset(client: string): Promise<ClientState>;
  /** Refuses the client until a time, milliseconds since 1970, here and in the mirror. */
  block(client: string, until: number): Promise<ClientState>;
}

/** The limiter's namespace, as far as it is used. */
export interface LimiterNamespace {
  getByName(client: string): LimiterRpc;
}

/**
 * Reads what an object of any version has answered.
 * @throws {TypeError} where it does not say what it granted, and until when
 */
export function decodeTakeAnswer(given: unknown): TakeAnswer {
  const { granted, left = 0, reset_in_ms, again_in_ms = 0, mirrored = false } = given as TakeAnswer;
  if (granted >= 0 && reset_in_ms >= 0) {
    return { granted, left, reset_in_ms, again_in_ms, mirrored };
  }
  throw new TypeError('the rate limiter gave no valid answer');
}
