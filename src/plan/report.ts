/** What became of a plan: a row for each change, and the error if not all went well. */
import { GoblinError } from '../contract/errors.ts';
import type { Shown } from '../output/columns.ts';
import { plural } from '../text/plural.ts';
import type { Plan, Reported } from './plan.ts';
import type { ChangeOutcome, StepReport } from './step.ts';

/**
 * A row for each change with its `result`.
 * @param reports one for each step; null for a plan that was not applied, whose changes are `planned`
 */
export function* reportRows<Row extends object>(
  plan: Plan<Row>,
  reports: readonly StepReport[] | null,
): Generator<Shown<Reported<Row>>> {
  for (const [i, { changes }] of plan.steps.entries()) {
    for (const { id, row } of changes) {
      const result = reports === null ? 'planned' : wordFor(plan, reports[i]?.outcomes.get(id));
      yield reported(row, result);
    }
  }
  for (const row of plan.absent ?? []) yield reported(row, 'absent');
  for (const row of plan.skipped ?? []) yield reported(row, 'skipped');
  for (const { row } of plan.unjudged ?? []) yield reported(row, 'not judged');
}

function reported<Row>(row: Shown<Row>, result: string) {
  return { ...row, result } as Shown<Reported<Row>>;
}

/** The word for an outcome. A change that its step's report leaves out was not applied. */
function wordFor<Row extends object>(
  { verb }: Plan<Row>,
  outcome: ChangeOutcome = 'untried',
): string {
  return outcome === 'done' ? verb[1] : outcome;
}

/** @throws {GoblinError} if not every change was done, or some records could not be judged */
export function throwUnlessDone<Row extends object>(
  plan: Plan<Row>,
  reports: readonly StepReport[],
): void {
  const stopped = reports.find((report) => report.stopped !== null)?.stopped ?? null;
  const counts = countOutcomes(reports);
  const touched = counts.done + counts.failed + counts.unknown;
  if (stopped !== null && touched === 0) throw stopped;
  if (stopped === null && counts.failed === 0) {
    refuseUnjudged(plan);
    return;
  }
  throw notAllDone(plan, counts, stopped);
}

type Counts = Record<ChangeOutcome, number>;

function countOutcomes(reports: readonly StepReport[]): Counts {
  const counts: Counts = { done: 0, failed: 0, unknown: 0, untried: 0, gone: 0 };
  for (const { outcomes } of reports) for (const outcome of outcomes.values()) counts[outcome]++;
  return counts;
}

function notAllDone<Row extends object>(
  plan: Plan<Row>,
  counts: Counts,
  stopped: GoblinError | null,
): GoblinError {
  const texts: [number, string][] = [
    [counts.done, plan.verb[1]],
    [counts.failed, 'refused by the API'],
    [counts.unknown, `unknown (may or may not be ${plan.verb[1]})`],
    [counts.untried, 'not tried'],
    [plan.unjudged?.length ?? 0, 'not judged'],
  ];
  const parts = texts.filter(([count]) => count > 0).map(([count, text]) => `${count} ${text}`);
  const why = stopped === null ? '' : ` (${stopped.message})`;
  const outcome = stopped?.outcome === 'interrupted' ? 'interrupted' : 'partial';
  const code = outcome === 'partial' ? 'partly_done' : 'interrupted';
  return new GoblinError(outcome, code, parts.join(', ') + why, {
    hint: 'Running the same command again does the rest.',
    retryable: true,
    requestId: stopped?.requestId,
    cause: stopped,
  });
}

/** Records that a message names one by one. */
const MOST_NAMED = 5;

/** @throws {GoblinError} exit 5 if it is not known of some record whether it was meant */
export function refuseUnjudged<Row extends object>({ unjudged = [], noun, verb }: Plan<Row>): void {
  if (unjudged.length === 0) return;
  const names = unjudged.slice(0, MOST_NAMED).map(({ name }) => name);
  const more = unjudged.length > names.length ? ` and ${unjudged.length - names.length} more` : '';
  const what = plural(unjudged.length, ...noun);
  throw new GoblinError(
    'partial',
    'not_judged',
    `${what} could not be judged, so left alone: ${names.join(', ')}${more}`,
    { hint: `The report says why. Name those that you mean in order to ${verb[0]} them.` },
  );
}
