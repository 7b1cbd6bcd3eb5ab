import type { Verbs } from '../command.ts';

export const verbs: Verbs = {
  list: async () => (await import('./list.ts')).declare,
  get: async () => (await import('./get.ts')).declare,
  put: async () => (await import('./put.ts')).declare,
  edit: async () => (await import('./edit.ts')).declare,
  delete: async () => (await import('./delete.ts')).declare,
  purge: async () => (await import('./purge.ts')).declare,
  copy: async () => (await import('./copy.ts')).declare,
  export: async () => (await import('./export.ts')).declare,
  import: async () => (await import('./import.ts')).declare,
};
