import type { Verbs } from '../command.ts';

export const verbs: Verbs = {
  list: async () => (await import('./list.ts')).declare,
  show: async () => (await import('./show.ts')).declare,
  purge: async () => (await import('./purge.ts')).declare,
  stats: async () => (await import('./stats.ts')).declare,
};
