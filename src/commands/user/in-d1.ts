/** What D1 holds about a user: preferences, usage, audit entries, and the first generation's sessions. */
import type { Context } from '../../context.ts';
import type { D1Database } from '../../d1/database.ts';
import { allOf, type Step } from '../../plan/step.ts';
import { type AuditRow, auditRow } from '../../tables/audit.ts';
import { deletePreferences, getPreferences, preferencesOf } from '../../tables/preferences.ts';
import type { SqlRow, Statement } from '../../tables/statement.ts';
import {
  anonymiseAudit,
  auditOfUser,
  countsOfUser,
  deleteOldSessions,
  deleteUsage,
  hasSessionsTable,
  oldSessionsOfUser,
  usageRowsOfUser,
} from '../../tables/user.ts';
import { boundDatabase, type Held, type Holding, type Place } from './place.ts';

export const inD1: Place = { find };

const PAGE = 1000;
/** Rows written for each row that is changed or deleted: its index entries count too. */
const INDEXES = 4;

async function find(context: Context, user: string): Promise<Holding | null> {
  const database = await boundDatabase(context);
  if (database === null) return null;
  const ask = async ({ sql, params }: Statement) => (await database.query(sql, params)).rows;
  const hasOld = (await ask(hasSessionsTable)).length > 0;
  const [counts = {}] = await ask(countsOfUser(user));
  const old = hasOld ? await ask(oldSessionsOfUser(user)) : [];
  const held = heldOf({ ...counts, old_sessions: old.length });
  return {
    held,
    export: async () => ({
      preferences: preferencesOf((await ask(getPreferences(user)))[0] ?? {}),
      usage: await ask(usageRowsOfUser(user)),
      audit: await auditEntries(database, user),
      ...(hasOld && { old_sessions: old }),
    }),
    forget: () => forgetAll(database, held, user),
  };
}

function heldOf(counts: SqlRow): Held[] {
  return ['preferences', 'usage', 'audit', 'old_sessions']
    .map((place) => ({ place, item: null, records: Number(counts[place] ?? 0) }))
    .filter(({ records }) => records > 0);
}

async function auditEntries(database: D1Database, user: string): Promise<AuditRow[]> {
  const found: AuditRow[] = [];
  for (let after = 0; ; ) {
    const { sql, params } = auditOfUser(user, after, PAGE);
    const page = (await database.query(sql, params)).rows.map(auditRow);
    found.push(...page);
    if (page.length < PAGE) return found;
    after = page.at(-1)?.id ?? after;
  }
}

const STATEMENTS: Readonly<Record<string, (user: string) => Statement>> = {
  preferences: deletePreferences,
  usage: deleteUsage,
  audit: anonymiseAudit,
  old_sessions: deleteOldSessions,
};

/** One transaction: all of it or nothing. */
function forgetAll(database: D1Database, held: readonly Held[], user: string): Step<Held> {
  const changes = held.map((row) => ({ id: row.place, row }));
  const rows = held.reduce((sum, { records }) => sum + records, 0);
  return {
    changes,
    cost: held.length === 0 ? {} : { requests: 1, 'd1.rows_written': rows * INDEXES },
    async apply() {
      await database.batch(held.flatMap(({ place }) => STATEMENTS[place]?.(user) ?? []));
      return allOf(changes, 'done');
    },
  };
}
