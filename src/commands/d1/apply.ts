/** What `migrate` and `adopt` share: steps of a plan that apply migrations, and what is told before and after. */
import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import type { D1Database } from '../../d1/database.ts';
import { applyAdoption, applyMigration } from '../../d1/migrate.ts';
import type { DatabaseState } from '../../d1/migration-state.ts';
import type { Column } from '../../output/columns.ts';
import { carryOut, type PlanFlags } from '../../plan/plan.ts';
import { allOf, type Step } from '../../plan/step.ts';
import { flagOf, readFlags } from '../../tables/flags.ts';
import { plural } from '../../text/plural.ts';

export interface StepRow {
  /** A migration, or the table that has to be made ready. */
  step: string;
  /** How many are run. */
  statements: number | null;
  detail: string | null;
}

const COLUMNS: readonly Column<StepRow>[] = [
  { name: 'step', kind: 'text', role: 'identifier' },
  { name: 'statements', kind: 'number' },
  { name: 'detail', kind: 'text' },
];

export interface Work {
  database: D1Database;
  state: DatabaseState;
}

export async function readWork(context: Context): Promise<Work> {
  const database = await context.database();
  const migrations = await (await context.config()).migrations();
  const { readState } = await import('../../d1/migration-state.ts');
  return { database, state: await readState(database, migrations) };
}

/** Carries the steps out, with the bookmark before the first of them, and lists the flags that need a decision. */
export async function applySteps(
  context: Context,
  { database }: Work,
  steps: readonly Step<StepRow>[],
  flags: PlanFlags,
): Promise<void> {
  const [first, ...rest] = steps;
  const guarded = first && { ...first, apply: afterBookmark(context, database, first) };
  await carryOut<StepRow>(
    context,
    {
      verb: ['apply', 'applied'],
      noun: ['step', 'steps'],
      columns: COLUMNS,
      steps: guarded ? [guarded, ...rest] : [],
    },
    flags,
  );
  await tellIgnoredRollouts(context, database);
}

function afterBookmark(context: Context, database: D1Database, step: Step<StepRow>) {
  return async (options: Parameters<Step<StepRow>['apply']>[0]) => {
    await tellBookmark(context, database);
    return step.apply(options);
  };
}

/** Says which moment to go back to. The local engine keeps no history. */
export async function tellBookmark(context: Context, database: D1Database): Promise<void> {
  const bookmark = await database.bookmark();
  const { kind } = await (await context.config()).decision();
  const how = kind === 'remote' ? ' (`wrangler d1 time-travel restore` goes back to it)' : '';
  await context.log.note(`Bookmark before this change: ${bookmark}${how}`);
}

export function migrationStep(
  context: Context,
  { database, state }: Work,
  pending: DatabaseState['pending'][number],
): Step<StepRow> {
  const { file, work } = pending;
  const detail =
    work.applied === 0
      ? null
      : `applied in part: ${plural(work.applied, 'statement is', 'statements are')} in place`;
  const changes = [
    { id: file.name, row: { step: file.name, statements: work.left.length, detail } },
  ];
  return {
    changes,
    cost: { requests: 1 },
    async apply() {
      const outcome = await applyMigration(database, state.table, pending);
      if (outcome === 'unanswered') await tellUnanswered(context, file.name);
      return allOf(changes, 'done');
    },
  };
}

export function adoptionStep(context: Context, { database, state }: Work): Step<StepRow> {
  const { notes } = state.adoption;
  const changes = notes.map((note) => {
    const [table = '', ...detail] = note.split(': ');
    return { id: table, row: { step: table, statements: null, detail: detail.join(': ') } };
  });
  return {
    changes,
    cost: { requests: 1 },
    async apply() {
      const outcome = await applyAdoption(database, state);
      if (outcome === 'unanswered') await tellUnanswered(context, 'the change of the tables');
      return allOf(changes, 'done');
    },
  };
}

async function tellUnanswered(context: Context, what: string): Promise<void> {
  await context.log.warn(`the answer was lost, but the database shows that ${what} was applied`);
}

/** @throws {GoblinError} `half_applied`, `migrations_differ`: what no run can decide */
export function refuseUndecidable({ rows, pending }: DatabaseState): void {
  const renamed = rows.find(({ state }) => state === 'renamed');
  if (renamed) {
    const { migration, detail } = renamed;
    throw new GoblinError('failed', 'migrations_differ', `cannot apply ${migration}: ${detail}`, {
      hint: 'Give the file its name back: a migration is known by it, and would run a second time.',
    });
  }
  const unclear = pending.find(({ work }) => work.unclear !== null);
  if (!unclear) return;
  const { file, work } = unclear;
  const message = `cannot finish ${file.name}: it was applied in part, and nobody knows whether this ran: ${work.unclear}`;
  throw new GoblinError('failed', 'half_applied', message, {
    hint: 'Finish it by hand with `goblin d1 query --write`, then add its name to the table of migrations.',
  });
}

/** Warns of applied files that are not what they were; they do not stop those that are pending. */
export async function tellDifferences(context: Context, { rows }: DatabaseState): Promise<void> {
  for (const { migration, state, detail } of rows) {
    if (state === 'changed' || state === 'missing') {
      await context.log.warn(`${migration} is ${state}: ${detail}`);
    }
  }
}

/** Flags whose percentage no Worker has read so far: they are on for everybody until an operator decides. */
async function tellIgnoredRollouts(context: Context, database: D1Database): Promise<void> {
  const found = await database.query(
    "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'feature_flags'",
  );
  if (found.rows.length === 0) return;
  const { rows } = await database.query(readFlags().sql);
  const ignored = rows.map(flagOf).flatMap((flag) => {
    return flag && flag.ignored_rollout !== null
      ? [{ ...flag, rollout: flag.ignored_rollout }]
      : [];
  });
  for (const { name, rollout } of ignored) {
    await context.log.note(
      `${name} stays on for everybody: its ${rollout}% was never in force. ` +
        `\`goblin flags set ${name} ${rollout}\` puts it in force.`,
    );
  }
}
