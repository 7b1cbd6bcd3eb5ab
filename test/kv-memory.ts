import type { RunOptions } from './run.ts';

type Fetch = NonNullable<RunOptions['fetch']>;

export interface MemoryEntry {
  value: string;
  metadata: unknown;
  /** Unix seconds. */
  expiration?: number;
}

interface Pair {
  key: string;
  value: string;
  metadata?: unknown;
  expiration_ttl?: number;
}

/**
 * KV's API over a map in memory, as far as editing flags needs it: each request reaches it after `travel`,
 * and so does its answer.
 */
export function kvMemory(travel: () => Promise<void>): {
  entries: Map<string, MemoryEntry>;
  fetch: Fetch;
} {
  const entries = new Map<string, MemoryEntry>();
  const reply = (result: unknown) =>
    Response.json({ success: true, errors: [], messages: [], result });

  function read(body: unknown): Response {
    const { keys } = JSON.parse(String(body)) as { keys: string[] };
    return reply({
      values: Object.fromEntries(keys.map((key) => [key, entries.get(key) ?? null])),
    });
  }

  function writeMany(body: unknown): Response {
    const pairs = JSON.parse(String(body)) as Pair[];
    for (const { key, value, metadata = null, expiration_ttl: ttl } of pairs) {
      const expiration = ttl && Math.ceil(Date.now() / 1000) + ttl;
      entries.set(key, { value, metadata, ...(expiration && { expiration }) });
    }
    return reply({ successful_key_count: pairs.length, unsuccessful_keys: [] });
  }

  async function writeOne(key: string, body: FormData): Promise<Response> {
    const value = await (body.get('value') as File).text();
    const metadata = JSON.parse(String(body.get('metadata') ?? 'null'));
    entries.set(key, { value, metadata });
    return reply(null);
  }

  async function serve(url: string, { method, body }: RequestInit): Promise<Response> {
    const { pathname } = new URL(url);
    if (pathname.endsWith('/bulk/get')) return read(body);
    if (pathname.endsWith('/bulk') && method === 'PUT') return writeMany(body);
    if (method === 'PUT') return writeOne(pathname.split('/').at(-1) ?? '', body as FormData);
    throw new Error(`${method} ${pathname} is not served`);
  }

  return {
    entries,
    async fetch(url, init) {
      await travel();
      const answer = await serve(url, init);
      await travel();
      return answer;
    },
  };
}
