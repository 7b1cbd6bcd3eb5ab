/** The shapes of Cloudflare's KV API (developers.cloudflare.com/api/resources/kv). Expirations are Unix seconds. */
export interface ListedKey {
  name: string;
  expiration?: number;
  metadata?: unknown;
}

export interface BulkWrite {
  key: string;
  value: string;
  base64?: boolean;
  expiration?: number;
  expiration_ttl?: number;
  metadata?: unknown;
}

export interface BulkValue {
  value: string;
  metadata: unknown;
  expiration?: number;
}

/** Both account for every key that was sent. */
export interface BulkResult {
  successful_key_count: number;
  unsuccessful_keys: string[];
}
