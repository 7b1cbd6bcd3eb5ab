/**
 * The list of commands: every noun in the order of `goblin --help`, and its verbs in the order of its own help.
 * Each verb's file is loaded when the verb is used; '' is the noun itself.
 */
import type { Noun, Verbs } from './command.ts';

/** The verbs of a noun whose records are events. */
function eventVerbs(kind: 'ANALYTICS' | 'SECURITY' | 'EVENTS'): Verbs {
  const kindOf = async () => (await import('./events/kinds.ts'))[kind];
  return {
    list: async () => (await import('./events/list.ts')).listVerb(await kindOf()),
    tail: async () => (await import('./events/tail.ts')).tailVerb(await kindOf()),
    top: async () => (await import('./events/top.ts')).topVerb(await kindOf()),
    stats: async () => (await import('./events/stats.ts')).statsVerb(await kindOf()),
  };
}

export const nouns: readonly Noun[] = [
  {
    name: 'flags',
    summary: 'feature flags: look, set, test, plan and apply, history',
    verbs: {
      list: async () => (await import('./flags/list.ts')).declare,
      get: async () => (await import('./flags/get.ts')).declare,
      set: async () => (await import('./flags/set.ts')).declare,
      unset: async () => (await import('./flags/unset.ts')).declare,
      enable: async () => (await import('./flags/switch.ts')).enable,
      disable: async () => (await import('./flags/switch.ts')).disable,
      eval: async () => (await import('./flags/eval.ts')).declare,
      test: async () => (await import('./flags/test.ts')).declare,
      export: async () => (await import('./flags/export.ts')).declare,
      plan: async () => (await import('./flags/plan.ts')).declare,
      apply: async () => (await import('./flags/apply.ts')).declare,
      diff: async () => (await import('./flags/diff.ts')).declare,
      history: async () => (await import('./flags/history.ts')).declare,
      rollback: async () => (await import('./flags/rollback.ts')).declare,
      describe: async () => (await import('./flags/describe.ts')).declare,
      stale: async () => (await import('./flags/stale.ts')).declare,
      drift: async () => (await import('./flags/drift.ts')).declare,
    },
  },
  {
    name: 'sessions',
    summary: 'who is logged in; open and revoke sessions',
    verbs: {
      list: async () => (await import('./sessions/list.ts')).declare,
      show: async () => (await import('./sessions/show.ts')).declare,
      create: async () => (await import('./sessions/create.ts')).declare,
      revoke: async () => (await import('./sessions/revoke.ts')).declare,
    },
  },
  {
    name: 'conversations',
    summary: 'what users said last; show and clear',
    verbs: {
      list: async () => (await import('./conversations/list.ts')).declare,
      show: async () => (await import('./conversations/show.ts')).declare,
      clear: async () => (await import('./conversations/clear.ts')).declare,
    },
  },
  {
    name: 'rooms',
    summary: 'chat rooms: look, speak, edit, kick, close',
    verbs: {
      list: async () => (await import('./rooms/list.ts')).declare,
      show: async () => (await import('./rooms/show.ts')).declare,
      history: async () => (await import('./rooms/history.ts')).declare,
      watch: async () => (await import('./rooms/watch.ts')).declare,
      say: async () => (await import('./rooms/say.ts')).declare,
      kick: async () => (await import('./rooms/kick.ts')).declare,
      close: async () => (await import('./rooms/close.ts')).declare,
      open: async () => (await import('./rooms/open.ts')).declare,
      export: async () => (await import('./rooms/export.ts')).declare,
      doc: async () => (await import('./rooms/doc.ts')).declare,
    },
  },
  {
    name: 'presence',
    summary: 'who is in which room now',
    verbs: {
      list: async () => (await import('./presence/list.ts')).declare,
      watch: async () => (await import('./presence/watch.ts')).declare,
    },
  },
  {
    name: 'ratelimit',
    summary: 'rate limit buckets by IP address; reset and block',
    verbs: {
      list: async () => (await import('./ratelimit/list.ts')).declare,
      show: async () => (await import('./ratelimit/show.ts')).declare,
      reset: async () => (await import('./ratelimit/reset.ts')).declare,
      block: async () => (await import('./ratelimit/block.ts')).declare,
      simulate: async () => (await import('./ratelimit/simulate.ts')).declare,
    },
  },
  {
    name: 'cache',
    summary: 'responses that the edge keeps; show and purge',
    verbs: {
      list: async () => (await import('./cache/list.ts')).declare,
      show: async () => (await import('./cache/show.ts')).declare,
      purge: async () => (await import('./cache/purge.ts')).declare,
      stats: async () => (await import('./cache/stats.ts')).declare,
    },
  },
  {
    name: 'analytics',
    summary: 'requests that were let through: list, tail, top, stats',
    verbs: eventVerbs('ANALYTICS'),
  },
  {
    name: 'security',
    summary: 'requests that were blocked: list, tail, top, stats',
    verbs: eventVerbs('SECURITY'),
  },
  {
    name: 'events',
    summary: 'both of these in one order of time',
    verbs: eventVerbs('EVENTS'),
  },
  {
    name: 'ip',
    summary: 'all that is known of one address, and what to do',
    verbs: { '': async () => (await import('./ip/ip.ts')).declare },
  },
  {
    name: 'kv',
    summary: 'any key: list, get, put, edit, purge, copy, export, import',
    verbs: {
      list: async () => (await import('./kv/list.ts')).declare,
      get: async () => (await import('./kv/get.ts')).declare,
      put: async () => (await import('./kv/put.ts')).declare,
      edit: async () => (await import('./kv/edit.ts')).declare,
      delete: async () => (await import('./kv/delete.ts')).declare,
      purge: async () => (await import('./kv/purge.ts')).declare,
      copy: async () => (await import('./kv/copy.ts')).declare,
      export: async () => (await import('./kv/export.ts')).declare,
      import: async () => (await import('./kv/import.ts')).declare,
    },
  },
  {
    name: 'd1',
    summary: 'the database: migrations, queries, export',
    verbs: {
      status: async () => (await import('./d1/status.ts')).declare,
      migrate: async () => (await import('./d1/migrate.ts')).declare,
      adopt: async () => (await import('./d1/adopt.ts')).declare,
      query: async () => (await import('./d1/query.ts')).declare,
      export: async () => (await import('./d1/export.ts')).declare,
      bookmark: async () => (await import('./d1/bookmark.ts')).declare,
    },
  },
  {
    name: 'user',
    summary: 'all that is held about a user: show, export, forget',
    verbs: {
      show: async () => (await import('./user/show.ts')).declare,
      export: async () => (await import('./user/export.ts')).declare,
      forget: async () => (await import('./user/forget.ts')).declare,
    },
  },
  {
    name: 'prefs',
    summary: 'what users have set: list, get, set, unset (D1)',
    verbs: {
      list: async () => (await import('./prefs/list.ts')).declare,
      get: async () => (await import('./prefs/get.ts')).declare,
      set: async () => (await import('./prefs/set.ts')).declare,
      unset: async () => (await import('./prefs/unset.ts')).declare,
    },
  },
  {
    name: 'usage',
    summary: 'what users ask of the API: top, show (D1)',
    verbs: {
      top: async () => (await import('./usage/top.ts')).declare,
      show: async () => (await import('./usage/show.ts')).declare,
    },
  },
  {
    name: 'audit',
    summary: 'who changed what: list, tail, stats (D1)',
    verbs: {
      list: async () => (await import('./audit/list.ts')).declare,
      tail: async () => (await import('./audit/tail.ts')).declare,
      stats: async () => (await import('./audit/stats.ts')).declare,
    },
  },
  {
    name: 'shards',
    summary: 'what is stored, counted shard by shard',
    verbs: { '': async () => (await import('./shards/shards.ts')).declare },
  },
  {
    name: 'doctor',
    summary: 'check machine, token, namespace and what is stored',
    verbs: { '': async () => (await import('./doctor/doctor.ts')).declare },
  },
  {
    name: 'config',
    summary: 'where goblin works, and why',
    verbs: {
      show: async () => (await import('./config/show.ts')).declare,
    },
  },
  {
    name: 'dev',
    summary: 'run both Workers and the API on this machine',
    verbs: { '': async () => (await import('./dev/dev.ts')).declare },
  },
  {
    name: 'init',
    summary: 'write a minimal wrangler file',
    verbs: { '': async () => (await import('./init/init.ts')).declare },
  },
  {
    name: 'api',
    summary: 'any endpoint of Cloudflare’s API',
    verbs: { '': async () => (await import('./api/api.ts')).declare },
  },
  {
    name: 'completion',
    summary: 'Tab in bash, zsh, fish and PowerShell',
    verbs: { '': async () => (await import('./completion/completion.ts')).declare },
  },
  {
    name: '__complete',
    summary: 'what may stand at the cursor',
    hidden: true,
    verbs: { '': async () => (await import('./completion/complete.ts')).declare },
  },
];
