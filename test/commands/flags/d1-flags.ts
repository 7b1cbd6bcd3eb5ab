/** Flags in the D1 database of a test engine, read and written beside goblin. */
import { type FlagRow, flagOf } from '../../../src/tables/flags.ts';
import type { RunOptions } from '../../run.ts';
import type { Tables } from '../../tables/d1.ts';
import { flagStore } from './store.ts';

export function flagTables(d1: () => Tables) {
  const store = flagStore(() => d1().engine);
  const words = (line: string | readonly string[]) =>
    typeof line === 'string'
      ? `--database ${d1().engine.database.id} ${line}`
      : ['--database', d1().engine.database.id, ...line];
  return {
    ...store,
    goblin: (line: string | readonly string[], options: RunOptions = {}) =>
      store.goblin(words(line), { env: { GOBLIN_ACTOR: 'alice' }, ...options }),
    /** No flags, no history, nothing in KV. */
    async empty(): Promise<void> {
      await d1().query({ sql: 'DELETE FROM feature_flags; DELETE FROM feature_flag_changes' });
      await store.clear();
    },
    /** The flags in D1 by name. */
    async flags(): Promise<Record<string, FlagRow>> {
      const rows = (await d1().rows('SELECT * FROM feature_flags')).map(flagOf);
      return Object.fromEntries(rows.map((row) => [row?.name, row])) as Record<string, FlagRow>;
    },
    changes: () => d1().rows('SELECT * FROM feature_flag_changes ORDER BY flag_name, version'),
    /** A flag as another tool or an older run left it. */
    row: (
      name: string,
      enabled: 0 | 1,
      rollout: number,
      version = 1,
      updated = '2025-12-01 00:00:00',
    ) =>
      d1().query({
        sql: `INSERT INTO feature_flags (flag_name, enabled, rollout_percentage, version, updated_at, updated_by)
          VALUES (?, ?, ?, ?, ?, 'bob')`,
        params: [name, enabled, rollout, version, updated],
      }),
  };
}
