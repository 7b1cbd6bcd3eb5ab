/** The list of shards: what `goblin shards`, completion and the storage page know. */
import { analytics } from './analytics.ts';
import { cache } from './cache.ts';
import { conversation } from './conversation.ts';
import { flags } from './flags.ts';
import { rateLimit } from './ratelimit.ts';
import { security } from './security.ts';
import { session } from './session.ts';
import type { Shard } from './shard.ts';

// Each shard checks its own id and value types; the list only passes one's id back to the same one.
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

/** The shard whose pattern explains a key, with the identity in it; null where none does. */
export function identify(key: string): { shard: AnyShard; id: unknown } | null {
  for (const shard of shards) {
    const id = shard.key.parse(key);
    if (id !== null) return { shard, id };
  }
  return null;
}
