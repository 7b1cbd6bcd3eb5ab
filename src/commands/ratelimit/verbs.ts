import type { Verbs } from '../command.ts';

export const verbs: Verbs = {
  list: async () => (await import('./list.ts')).declare,
  show: async () => (await import('./show.ts')).declare,
  reset: async () => (await import('./reset.ts')).declare,
  block: async () => (await import('./block.ts')).declare,
  simulate: async () => (await import('./simulate.ts')).declare,
};
