import type { Verbs } from '../command.ts';

export const verbs: Verbs = {
  list: async () => (await import('./list.ts')).declare,
  show: async () => (await import('./show.ts')).declare,
  create: async () => (await import('./create.ts')).declare,
  revoke: async () => (await import('./revoke.ts')).declare,
};
