/** What a request does, for people who wait for it. */
import type { Fetch } from './http.ts';

const WORDS: readonly (readonly [method: RegExp, path: RegExp, words: string])[] = [
  [/GET/, /\/keys$/, 'listing keys'],
  [/POST/, /\/bulk\/get$/, 'reading values'],
  [/POST/, /\/bulk\/delete$/, 'deleting keys'],
  [/PUT/, /\/bulk$/, 'writing keys'],
  [/GET/, /\/(values|metadata)\/[^/]*$/, 'reading a value'],
  [/DELETE/, /\/values\/[^/]*$/, 'deleting a key'],
  [/POST/, /\/d1\/database\/[^/]+\/(query|raw)$/, 'querying the database'],
  [/POST/, /\/d1\/database\/[^/]+\/export$/, 'exporting the database'],
];

/**
 * "listing keys of analytics:". Of a prefix it names what comes before the first colon alone: a session's token may
 * follow, and keys are never named.
 */
export function doing(url: string, method = 'GET'): string {
  const { pathname, searchParams } = new URL(url);
  const words = WORDS.find(([verb, path]) => verb.test(method) && path.test(pathname))?.[2];
  const shard = /^[^:]*:/.exec(searchParams.get('prefix') ?? '')?.[0];
  return `${words ?? 'asking the API'}${shard === undefined ? '' : ` of ${shard}`}`;
}

/** Where it is shown what a run waits for. */
export interface Waiting {
  /** Says what is under way now. @returns its end */
  waiting(what: string): () => Promise<void>;
}

/** A fetch whose requests say what they do for as long as they are under way. */
export function telling(fetch: Fetch, log: Waiting, words = doing): Fetch {
  return async (url, init) => {
    const end = log.waiting(words(url, init.method));
    try {
      return await fetch(url, init);
    } finally {
      await end();
    }
  };
}
