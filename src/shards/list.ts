/** The list of shards, by which `goblin shards`, completion and the storage page know them. */
import { analytics } from './analytics.ts';
import { cache } from './cache.ts';
import { conversation } from './conversation.ts';
import { flags } from './flags.ts';
import { rateLimit } from './ratelimit.ts';
import { security } from './security.ts';
import { session } from './session.ts';
import type { Shard } from './shard.ts';

// Each shard checks its own types; the list only passes an id back to the shard that it came from.
// biome-ignore lint/suspicious/noExplicitAny: a list of shards of different types has no common one
type AnyShard = Shard<any, any>;

export const shards: readonly AnyShard[] = [
  rateLimit,
  session,
  conversation,
  flags,
  cache,
  analytics,
  security,
];

/** The shard that a key belongs to, with the identity in the key; null where it fits none. */
export function identify(key: string): { shard: AnyShard; id: unknown } | null {
  for (const shard of shards) {
    const id = shard.key.parse(key);
    if (id !== null) return { shard, id };
  }
  return null;
}
