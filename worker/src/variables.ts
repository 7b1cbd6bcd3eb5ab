/**
 * The Worker's variables: what each may be, its default and its bounds. They are parsed once per isolate;
 * one that is not valid falls back to its default and is reported, in the log and by `GET /_goblin/health`.
 */
import type { Env } from './env.ts';
import { describeProblem, parseText, type Row, type ValueOf } from './variable-kinds.ts';

export const VARIABLES = {
  /** Base URL of the backend. There is no default: without a valid one, forwarding answers 502. */
  API_URL: { kind: 'url', default: '' },
  /** Milliseconds that the backend has to begin its response, once the request has been sent. */
  API_TIMEOUT_MS: { kind: 'integer', default: 60_000, min: 1, max: 3_600_000 },
  /** Bytes of the largest request body: 10 MiB. */
  MAX_BODY_BYTES: { kind: 'integer', default: 10_485_760, min: 1, max: 5_368_709_120 },
  /** Share of the requests that leave an analytics event; all of them where it is not set. */
  ANALYTICS_SAMPLE: { kind: 'number', default: undefined, min: 0, max: 1 },
  /** Where chats are sent: they get the conversation's context and are remembered. */
  CHAT_PATHS: { kind: 'paths', default: '/chat' },
  /** What is cached. */
  CACHE_PATHS: { kind: 'paths', default: '/health,/models,/providers,/settings' },
  /** Further request headers by which the backend tells callers apart: such requests are not cached. */
  CACHE_BYPASS_HEADERS: { kind: 'names', default: '' },
  /** Flags on which cached responses depend: they become part of the cache key. */
  CACHE_BY_FLAGS: { kind: 'names', default: '' },
  /** Origins of web pages that may use the Worker's own routes. */
  CORS_ORIGINS: { kind: 'origins', default: '' },
} as const satisfies Record<string, Row>;

type Name = keyof typeof VARIABLES;

export type Variables = { readonly [N in Name]: ValueOf<(typeof VARIABLES)[N]> };

/** A variable whose value was not used. */
export interface BadVariable {
  name: string;
  problem: string;
  /** What holds in its place. */
  used: string | number | null;
}

const bad: BadVariable[] = [];
let parsed: Variables | undefined;

/** The variables of this isolate. */
export function variables(env: Env): Variables {
  parsed ??= parseAll(env);
  return parsed;
}

/** The variables that were not valid. */
export function badVariables(env: Env): readonly BadVariable[] {
  variables(env);
  return bad;
}

function parseAll(env: Env): Variables {
  const rows: [string, Row][] = Object.entries(VARIABLES);
  const given = env as unknown as Record<string, unknown>;
  return Object.fromEntries(
    rows.map(([name, row]) => [name, parseOne(name, row, given[name])]),
  ) as unknown as Variables;
}

function parseOne(name: string, row: Row, given: unknown): unknown {
  const fallback = parseText(row, `${row.default ?? ''}`);
  // Only a URL has a default that is not valid: it must be set.
  if (given === undefined && row.kind !== 'url') return fallback;
  const value = parseText(row, `${given ?? ''}`.trim());
  if (value !== undefined) return value;
  const problem = describeProblem(row, given);
  bad.push({ name, problem, used: row.default ?? null });
  // biome-ignore lint/suspicious/noConsole: the operator reads it with `wrangler tail`.
  console.warn(
    `variable ${name} ${problem}; using ${JSON.stringify(row.default ?? 'the default')}`,
  );
  return fallback;
}
