import type { Seed } from '../seed.ts';

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** The variables that make `memoryApi` the target of a command line. */
export const MEMORY_ENV = {
  CLOUDFLARE_API_BASE_URL: 'https://memory.invalid/client/v4',
  CLOUDFLARE_API_TOKEN: 'memory-token',
  CLOUDFLARE_ACCOUNT_ID: '0123456789abcdef0123456789abcdef',
};

/**
 * Lists and bulk deletes of KV's API over a list in memory, for tests of so many keys that putting them into
 * the engine would take seconds.
 */
export function memoryApi(records: readonly Omit<Seed, 'value'>[]): {
  fetch: Fetch;
  keys: Set<string>;
} {
  const keys = new Set(records.map(({ key }) => key).sort());
  const metadata = new Map(records.map((record) => [record.key, record.metadata]));
  const reply = (result: unknown, result_info?: unknown) =>
    Response.json({ success: true, errors: [], messages: [], result, result_info });

  function page(query: URLSearchParams): Response {
    const prefix = query.get('prefix') ?? '';
    const from = Number(query.get('cursor') ?? 0);
    const to = from + Number(query.get('limit') ?? 1000);
    const names = [...keys].filter((key) => key.startsWith(prefix));
    const rows = names.slice(from, to).map((name) => ({ name, metadata: metadata.get(name) }));
    return reply(rows, { cursor: to < names.length ? String(to) : '' });
  }

  return {
    keys,
    async fetch(url, init) {
      const { pathname, searchParams } = new URL(url);
      if (pathname.endsWith('/keys')) return page(searchParams);
      if (!pathname.endsWith('/bulk/delete')) throw new Error(`${pathname} is not served`);
      const named = JSON.parse(String(init.body)) as string[];
      for (const key of named) keys.delete(key);
      return reply({ successful_key_count: named.length, unsuccessful_keys: [] });
    },
  };
}
