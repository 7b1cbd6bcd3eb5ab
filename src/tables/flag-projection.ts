/** The flags of D1 as the document in KV, from which every Worker reads them. */
import {
  currentValue,
  DEFAULT_FLAGS,
  type FlagTimer,
  type FlagValue,
} from '../shards/flag-value.ts';
import { asMetadata } from '../shards/summary.ts';
import { settingOf } from './flags.ts';
import type { SqlRow } from './statement.ts';

export interface Projection {
  /** Every flag, the built-in ones first: older Workers take an absent flag as off. */
  document: Record<string, FlagValue>;
  metadata: {
    /** The sum of all versions, which grows with every change of a flag. */
    version: number;
    timers: Record<string, FlagTimer>;
  };
}

/**
 * All rows as they are at `now` (milliseconds since 1970). A timer that has run out has done its work. Where the
 * timers do not all fit into KV's metadata, those that run out first are there: a later projection has the others.
 */
export function projectFlags(rows: readonly SqlRow[], now: number): Projection {
  const document = new Map<string, FlagValue>(Object.entries(DEFAULT_FLAGS));
  const running: [string, FlagTimer][] = [];
  const projection: Projection = {
    document: {},
    metadata: { version: 0, timers: Object.create(null) },
  };
  for (const row of rows) {
    const flag = settingOf(row);
    if (!flag) continue;
    const { name, value, timer, version } = flag;
    projection.metadata.version += version;
    const current = currentValue(value, timer ?? undefined, now);
    if (current !== null) document.set(name, current);
    if (timer && now < timer.until) running.push([name, timer]);
  }
  projection.document = Object.fromEntries(document);
  addTimers(projection, running);
  return projection;
}

function addTimers({ metadata }: Projection, running: [string, FlagTimer][]): void {
  running.sort(([, a], [, b]) => a.until - b.until);
  for (const [name, timer] of running) {
    metadata.timers[name] = timer;
    if (asMetadata(metadata)) continue;
    delete metadata.timers[name];
    return;
  }
}
