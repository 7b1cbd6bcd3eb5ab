import { GoblinError } from '../../contract/errors.ts';
import type { KvStore } from '../../kv/namespace.ts';
import { maskKey } from '../../shards/handle.ts';
import type { KvKey } from '../../shards/kv-key.ts';
import { MAX_PAGE_KEYS, MIN_PAGE_KEYS } from '../../shards/kv-limits.ts';
import { formatPlace, type Place } from './place.ts';

export interface WalkOptions {
  prefix?: string | undefined;
  from?: Place | undefined;
  /** Keys at most. */
  limit?: number | undefined;
}

/** Some keys of a list, and where the list goes on after them; null at its end. */
export interface Stretch {
  keys: KvKey[];
  next: string | null;
}

/** The keys under a prefix, some at a time, each time with the place to go on from. */
export async function* walk(kv: KvStore, options: WalkOptions): AsyncGenerator<Stretch> {
  const { prefix = '', limit = Number.POSITIVE_INFINITY } = options;
  let { cursor, after } = options.from ?? {};
  let left = limit;
  const pageSize = Math.min(MAX_PAGE_KEYS, Math.max(MIN_PAGE_KEYS, left));
  for await (const page of kv.pages({ prefix, pageSize, ...(cursor ? { cursor } : {}) })) {
    const fresh = afterKey(page.keys, after);
    const keys = fresh.slice(0, left);
    left -= keys.length;
    const cut = keys.length < fresh.length;
    const next = cut ? within(cursor, keys) : page.cursor;
    yield { keys, next };
    if (left === 0) return;
    cursor = page.cursor ?? undefined;
    after = undefined;
  }
}

/** The keys of a page after `after`. If that key is gone, all of them: showing one twice is better than never. */
function afterKey(keys: KvKey[], after: string | undefined): KvKey[] {
  if (after === undefined) return keys;
  return keys.slice(keys.findIndex(({ name }) => maskKey(name) === after) + 1);
}

function within(cursor: string | undefined, keys: readonly KvKey[]): string {
  return formatPlace({ cursor, after: maskKey(keys.at(-1)?.name ?? '') });
}

/** The error that ended a walk, with where to go on in its hint. */
export function resumable(error: unknown, next: string | null | undefined): unknown {
  if (!(error instanceof GoblinError) || !next) return error;
  return error.with({ hint: `Go on from here with --cursor ${next}`, retryable: true });
}
