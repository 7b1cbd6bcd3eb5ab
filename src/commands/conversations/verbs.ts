import type { Verbs } from '../command.ts';

export const verbs: Verbs = {
  list: async () => (await import('./list.ts')).declare,
  show: async () => (await import('./show.ts')).declare,
  clear: async () => (await import('./clear.ts')).declare,
};
