/** KV in memory, as the Worker's binding has it, that counts what it is asked for. */

interface Row {
  value: string | ArrayBuffer;
  metadata: unknown;
  expiresAt: number;
  writtenAt: number;
}

interface PutOptions {
  expirationTtl: number;
  metadata?: unknown;
}

/** Operations by shard: what stands before the first colon of a key. */
export interface Counts {
  reads: Record<string, number>;
  writes: Record<string, number>;
  /** Writes to a key written less than a second before: KV answers them with 429. */
  tooSoon: number;
}

/** @param quota writes until KV refuses all further ones, as a free plan does for the rest of the day. */
export function countingKv(quota = Number.POSITIVE_INFINITY) {
  const rows = new Map<string, Row>();
  const counts: Counts = { reads: {}, writes: {}, tooSoon: 0 };
  let left = quota;

  function read(key: string): Row | undefined {
    count(counts.reads, key);
    const row = rows.get(key);
    return row !== undefined && row.expiresAt > Date.now() ? row : undefined;
  }

  const namespace = {
    async getWithMetadata(key: string) {
      const row = read(key);
      return { value: row ? bytesOf(row.value) : null, metadata: row?.metadata ?? null };
    },
    async get(key: string, type?: string) {
      const value = read(key)?.value;
      if (value === undefined) return null;
      return type === 'json' ? JSON.parse(textOf(value)) : textOf(value);
    },
    async put(key: string, value: string | ArrayBuffer, options: PutOptions) {
      if (left-- <= 0) throw new Error('KV put() limit exceeded for the day.');
      count(counts.writes, key);
      const now = Date.now();
      if (now - (rows.get(key)?.writtenAt ?? 0) < 1000) counts.tooSoon++;
      const { metadata = null, expirationTtl } = options;
      rows.set(key, { value, metadata, writtenAt: now, expiresAt: now + expirationTtl * 1000 });
    },
  };
  return { namespace, counts };
}

function count(counts: Record<string, number>, key: string): void {
  const [shard = ''] = key.split(':', 1);
  counts[shard] = (counts[shard] ?? 0) + 1;
}

function bytesOf(value: string | ArrayBuffer): ArrayBuffer {
  return typeof value === 'string' ? new TextEncoder().encode(value).buffer : value;
}

function textOf(value: string | ArrayBuffer): string {
  return typeof value === 'string' ? value : new TextDecoder().decode(value);
}
