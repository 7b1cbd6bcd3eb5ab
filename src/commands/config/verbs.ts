import type { Verbs } from '../command.ts';

export const verbs: Verbs = {
  show: async () => (await import('./show.ts')).declare,
};
