/** What `wrangler.toml` and `wrangler secret` give the Worker. Variables are text there, or any JSON. */
export interface Env {
  GOBLIN_KV: KVNamespace;
  /** Origin of the backend; no slash at the end. */
  API_URL: string;
  /** Share of the requests that leave an analytics event, 0 to 1; by the write budget where it is not set. */
  ANALYTICS_SAMPLE?: string | number;
  /** KV writes that the account may make in a day; 1,000 where it is not set, as the free plan has. */
  KV_WRITES_PER_DAY?: string | number;
  /** Bits of an IPv6 address that are counted as one client, 1 to 128; 64 where it is not set. */
  RATE_LIMIT_IPV6_PREFIX?: string | number;
  /** Milliseconds until the backend must have begun its answer; 60,000 where it is not set. */
  API_TIMEOUT_MS?: string | number;
  /** Largest request body in bytes; 10 MiB where it is not set. */
  MAX_BODY_BYTES?: string | number;
  /** Secret that lets the backend issue sessions; without it there is no such route. */
  ADMIN_TOKEN?: string;
}
