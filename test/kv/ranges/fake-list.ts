import type { KvPage, KvStore } from '../../../src/kv/namespace.ts';

export interface FakeList {
  kv: Pick<KvStore, 'pages'>;
  /** The prefix of each request, in order. */
  requests: string[];
  names: string[];
}

export interface FakeListOptions {
  pageSize?: number;
  /** Every so many requests answer with no key and a cursor, as KV does where keys were deleted. */
  emptyEvery?: number;
  /** Called before each page is cut. */
  onRequest?: (names: string[]) => void;
}

/** Lists names page by page as KV does: in byte order, from a cursor that is the last name given. */
export function fakeList(given: readonly string[], options: FakeListOptions = {}): FakeList {
  const { pageSize = 1000, emptyEvery = Number.POSITIVE_INFINITY, onRequest } = options;
  const names = [...given];
  const requests: string[] = [];
  async function* pages({ prefix = '' } = {}): AsyncGenerator<KvPage> {
    let after = '';
    for (;;) {
      requests.push(prefix);
      onRequest?.(names);
      if (requests.length % emptyEvery === 0) {
        yield { keys: [], cursor: `${after} again` };
        continue;
      }
      const left = names.filter((name) => name.startsWith(prefix) && name > after).sort();
      const page = left.slice(0, pageSize);
      after = page.at(-1) ?? after;
      const cursor = left.length > pageSize ? after : null;
      yield { keys: page.map((name) => ({ name, expiration: null, metadata: null })), cursor };
      if (cursor === null) return;
    }
  }
  return { kv: { pages }, requests, names };
}
