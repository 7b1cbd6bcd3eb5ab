/**
 * The Worker's variables, parsed once per isolate. One that is not valid falls back to its default and is
 * reported, in the log and by `GET /_goblin/health`.
 */
import type { Env } from './env.ts';
import { describeProblem, parseText, type Row, type ValueOf } from './variable-kinds.ts';
import { VARIABLES } from './variable-table.ts';

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
