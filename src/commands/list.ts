/** The list of nouns, in the order of `goblin --help`. */
import type { Noun } from './command.ts';

export const nouns: readonly Noun[] = [
  {
    name: 'flags',
    summary: 'feature flags: look, set, test, plan and apply',
    load: async () => (await import('./flags/verbs.ts')).verbs,
  },
  {
    name: 'sessions',
    summary: 'who is logged in; open and revoke sessions',
    load: async () => (await import('./sessions/verbs.ts')).verbs,
  },
  {
    name: 'conversations',
    summary: 'what users said last; show and clear',
    load: async () => (await import('./conversations/verbs.ts')).verbs,
  },
  {
    name: 'ratelimit',
    summary: 'rate limit buckets by IP address; reset and block',
    load: async () => (await import('./ratelimit/verbs.ts')).verbs,
  },
  {
    name: 'cache',
    summary: 'responses that the edge keeps; show and purge',
    load: async () => (await import('./cache/verbs.ts')).verbs,
  },
  {
    name: 'analytics',
    summary: 'requests that were let through: list, tail, top, stats',
    load: async () => (await import('./events/verbs.ts')).ANALYTICS_VERBS,
  },
  {
    name: 'security',
    summary: 'requests that were blocked: list, tail, top, stats',
    load: async () => (await import('./events/verbs.ts')).SECURITY_VERBS,
  },
  {
    name: 'events',
    summary: 'both of these in one order of time',
    load: async () => (await import('./events/verbs.ts')).EVENTS_VERBS,
  },
  {
    name: 'ip',
    summary: 'all that is known of one address, and what to do',
    load: async () => ({ '': async () => (await import('./ip/ip.ts')).declare }),
  },
  {
    name: 'kv',
    summary: 'any key: list, get, put, edit, purge, copy, export, import',
    load: async () => (await import('./kv/verbs.ts')).verbs,
  },
  {
    name: 'shards',
    summary: 'what is stored, counted shard by shard',
    load: async () => ({ '': async () => (await import('./shards/shards.ts')).declare }),
  },
  {
    name: 'doctor',
    summary: 'check machine, token, namespace and what is stored',
    load: async () => ({ '': async () => (await import('./doctor/doctor.ts')).declare }),
  },
  {
    name: 'config',
    summary: 'where goblin works, and why',
    load: async () => (await import('./config/verbs.ts')).verbs,
  },
  {
    name: 'dev',
    summary: 'run the edge Worker and the API on this machine',
    load: async () => ({ '': async () => (await import('./dev/dev.ts')).declare }),
  },
  {
    name: 'completion',
    summary: 'Tab in bash, zsh, fish and PowerShell',
    load: async () => ({ '': async () => (await import('./completion/completion.ts')).declare }),
  },
  {
    name: '__complete',
    summary: 'what may stand at the cursor',
    hidden: true,
    load: async () => ({ '': async () => (await import('./completion/complete.ts')).declare }),
  },
];
