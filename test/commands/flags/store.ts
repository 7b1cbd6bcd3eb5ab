import type { TestEngine } from '../../engine.ts';
import { type RunOptions, run } from '../../run.ts';
import { seed } from '../../seed.ts';

/** The time in the tests of flags: only their timers know it. */
export const NOW = Date.parse('2026-01-01T00:00:00Z');
export const MINUTE = 60_000;

type Fetch = NonNullable<RunOptions['fetch']>;

/** What flags are in KV as: the key's text, metadata and expiration. */
export interface Stored {
  value: string;
  metadata: unknown;
  expiration?: number;
}

/** What every write of flags holds, unless it says otherwise. */
export const BUILT_IN = { api_enabled: true, rate_limiting_enabled: true, new_ui_enabled: false };

/** The key of all flags in a test engine, read and written beside goblin. */
export function flagStore(engine: () => TestEngine) {
  const put = (value: unknown, rest: { metadata?: unknown; ttl?: number } = {}) =>
    seed(engine(), [{ key: 'feature_flags', value, ...rest }]);

  /** As it is stored, but for the ids of edits, which are unlike in every run. */
  async function stored(): Promise<Stored | null> {
    const entry = await entire();
    if (entry === null || typeof entry.metadata !== 'object') return entry;
    const { edits: _, ...rest } = (entry.metadata ?? {}) as { edits?: string[] };
    return { ...entry, metadata: Object.keys(rest).length === 0 ? null : rest };
  }

  async function entire(): Promise<Stored | null> {
    const body = JSON.stringify({ keys: ['feature_flags'], type: 'text', withMetadata: true });
    const answer = await engine().kv('/bulk/get', { method: 'POST', body });
    const { result } = (await answer.json()) as { result: { values: Record<string, Stored> } };
    return result.values.feature_flags ?? null;
  }

  return {
    put,
    stored,
    entire,
    clear: () => engine().kv('/values/feature_flags', { method: 'DELETE' }),
    document: async (): Promise<unknown> => JSON.parse((await stored())?.value ?? 'null'),
    goblin: (line: string | readonly string[], options: RunOptions = {}) =>
      run(line, { engine: engine(), now: NOW, ...options }),
  };
}

/** A network that tells the method of each request. */
export function counted(): { methods: string[]; fetch: Fetch } {
  const methods: string[] = [];
  return {
    methods,
    fetch: (url, init) => {
      methods.push(init.method ?? 'GET');
      return fetch(url, init);
    },
  };
}

/** A network on which something happens right after goblin's write, before it reads back. */
export function afterWrite(happen: () => Promise<unknown>): Fetch {
  return async (url, init) => {
    const response = await fetch(url, init);
    if (init.method === 'PUT') await happen();
    return response;
  };
}
