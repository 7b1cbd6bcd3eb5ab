/** The list of nouns, in the order of `goblin --help`. */
import type { Noun } from './command.ts';

export const nouns: readonly Noun[] = [
  {
    name: 'ratelimit',
    summary: 'rate limit buckets by IP address; reset',
    load: async () => (await import('./ratelimit/verbs.ts')).verbs,
  },
  {
    name: 'config',
    summary: 'where goblin works, and why',
    load: async () => (await import('./config/verbs.ts')).verbs,
  },
  {
    name: 'dev',
    summary: 'run the edge Worker and the API on this machine',
    load: async () => [(await import('./dev.ts')).declare],
  },
];
