/** The flags in D1, the source of truth where a database is bound; KV holds a projection for the edge. */
import {
  type ChangeRecord,
  changeRow,
  flagHistory,
  type FlagChange as RowChange,
  recentChanges,
} from '../../tables/flag-changes.ts';
import type { SqlRow } from '../../tables/statement.ts';
import { readFlags as readKvFlags } from '../kv/stored.ts';
import { fingerprint, type Settings } from '../settings.ts';
import type { EditOutcome, FlagChange, FlagStore, StoredFlags, StoreOptions } from '../store.ts';
import { type D1Context, documentIn, isProjection, project, rowsOf, settle } from './projection.ts';
import { changesTo, flagRows, settingsOfRows } from './states.ts';
import { writeChanges } from './write.ts';

/** Seconds for which somebody else's change counts as one of the same moment. */
const SAME_MOMENT_S = 2;
/** Rows written for a change: the flag, the change, and the index of changes. */
const ROWS_A_CHANGE = 3;

export interface D1FlagStore extends FlagStore {
  /** The latest changes of one flag or of all, newest first. */
  history(flag: string | undefined, limit: number): Promise<ChangeRecord[]>;
}

export function d1FlagStore(context: D1Context): D1FlagStore {
  return {
    read: async () => changeable(context, await rowsOf(context.db)),
    settle: (stored) => settle(context, (stored as D1Stored).sqlRows),
    async history(flag, limit) {
      const statement = flag === undefined ? recentChanges(limit) : flagHistory(flag, limit);
      const { rows } = await context.db.query(statement.sql, statement.params);
      return rows.map(changeRow);
    },
  };
}

interface D1Stored extends StoredFlags {
  sqlRows: readonly SqlRow[];
}

async function changeable(context: D1Context, sqlRows: readonly SqlRow[]): Promise<D1Stored> {
  const rows = flagRows(sqlRows);
  const inherited = rows.size > 0 ? NOTHING : await inheritedFrom(context);
  const settings = rows.size > 0 ? settingsOfRows(rows) : inherited.settings;
  return {
    settings,
    rows,
    sqlRows,
    source: 'd1',
    readCost: { requests: 1, 'd1.rows_read': rows.size },
    problem: inherited.problem,
    expiration: null,
    ignored: null,
    fingerprint: fingerprint(settings),
    change(after, named, details = new Map()) {
      const wanted = { rows, inherited: inherited.settings, after, named, details };
      const changes = changesTo({ ...wanted, now: context.now() });
      return flagChange(context, after, changes);
    },
  };
}

const NOTHING: { settings: Settings; problem: string | null } = {
  settings: new Map(),
  problem: null,
};

/**
 * A database without flags says nothing about them: the document in KV holds until the first change, which brings
 * all of it into the database. One that was made of rows is only what is left of rows that are gone.
 */
async function inheritedFrom(context: D1Context) {
  const entry = await documentIn(context);
  if (entry === undefined || isProjection(entry)) return NOTHING;
  return readKvFlags(context);
}

type Unsigned = Omit<RowChange, 'changed_by' | 'reason'>;

function flagChange(context: D1Context, after: Settings, changes: Unsigned[]): FlagChange {
  return {
    cost: () => ({
      requests: 2,
      'd1.rows_written': ROWS_A_CHANGE * changes.length,
      'kv.write': 1,
    }),
    store: (options) => store(context, after, changes, options),
  };
}

async function store(
  context: D1Context,
  after: Settings,
  changes: Unsigned[],
  { verify, actor, reason, audit }: StoreOptions,
): Promise<EditOutcome> {
  const readAt = context.now();
  const signed = changes.map((change) => ({
    ...change,
    changed_by: actor ?? null,
    reason: reason ?? null,
  }));
  const entry = await audit?.entry();
  const written = await writeChanges(context.db, signed, entry, SAME_MOMENT_S);
  if (written.audited) audit?.written();
  const outcome = { writes: 1, alsoChanged: [], doubt: null, late: null };
  if (!written.made) return { ...outcome, ...lostTo(written.rows, after, changes) };
  await project(context, written.rows, { readAt, contended: written.contended, verify });
  return { ...outcome, flags: changes.map(({ name }) => name), lost: [] };
}

/** What somebody else made of flags in the meantime. Nothing was written, of the other flags neither. */
function lostTo(sqlRows: readonly SqlRow[], after: Settings, changes: readonly Unsigned[]) {
  const rows = flagRows(sqlRows);
  const settings = settingsOfRows(rows);
  const lost = changes
    .filter(({ name, expected }) => (rows.get(name)?.version ?? null) !== expected)
    .map(({ name }) => ({
      flag: name,
      wanted: after.get(name),
      found: settings.get(name),
      by: rows.get(name)?.updated_by ?? null,
    }));
  return { flags: lost.map(({ flag }) => flag), lost };
}
