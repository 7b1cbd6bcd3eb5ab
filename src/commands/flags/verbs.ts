import type { Verbs } from '../command.ts';

export const verbs: Verbs = {
  list: async () => (await import('./list.ts')).declare,
  get: async () => (await import('./get.ts')).declare,
  set: async () => (await import('./set.ts')).declare,
  unset: async () => (await import('./unset.ts')).declare,
  enable: async () => (await import('./switch.ts')).enable,
  disable: async () => (await import('./switch.ts')).disable,
  eval: async () => (await import('./eval.ts')).declare,
  test: async () => (await import('./test.ts')).declare,
  export: async () => (await import('./export.ts')).declare,
  plan: async () => (await import('./plan.ts')).declare,
  apply: async () => (await import('./apply.ts')).declare,
  diff: async () => (await import('./diff.ts')).declare,
};
