/** The list of nouns, in the order of `goblin --help`. */
import type { Noun } from './command.ts';

export const nouns: readonly Noun[] = [
  {
    name: 'ratelimit',
    summary: 'rate limit buckets by IP address; reset',
    load: async () => (await import('./ratelimit/verbs.ts')).verbs,
  },
];
