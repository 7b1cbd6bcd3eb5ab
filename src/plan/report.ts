/** What became of a plan: a row for each key, and the error where not all went well. */
import { GoblinError } from '../contract/errors.ts';
import type { BulkReport } from '../kv/bulk.ts';
import type { Shown } from '../output/columns.ts';
import type { Plan, Reported } from './plan.ts';

/** The word for a key's fate: of a plan that was not applied it is `planned`. */
export function* reportRows<Row extends object>(
  plan: Plan<Row>,
  report: BulkReport | null,
): Generator<Shown<Reported<Row>>> {
  const results = report === null ? null : resultsOf(plan, report);
  for (const { key, row } of plan.keys) yield reported(row, results?.get(key) ?? 'planned');
  for (const row of plan.absent ?? []) yield reported(row, 'absent');
  for (const row of plan.skipped ?? []) yield reported(row, 'skipped');
  for (const { row } of plan.unjudged ?? []) yield reported(row, 'not judged');
}

function reported<Row>(row: Shown<Row>, result: string) {
  return { ...row, result } as Shown<Reported<Row>>;
}

function resultsOf<Row extends object>(
  { verb }: Plan<Row>,
  report: BulkReport,
): Map<string, string> {
  const fates: [readonly string[], string][] = [
    [report.done, verb[1]],
    [report.failed, 'failed'],
    [report.unknown, 'unknown'],
    [report.untried, 'untried'],
    [report.gone ?? [], 'gone'],
  ];
  return new Map(fates.flatMap(([keys, fate]) => keys.map((key) => [key, fate] as const)));
}

/** @throws {GoblinError} where not every key was done, or some could not be judged. */
export function verdict<Row extends object>(
  plan: Plan<Row>,
  { done, failed, unknown, untried, stopped }: BulkReport,
): void {
  const touched = done.length + failed.length + unknown.length;
  if (stopped !== null && touched === 0) throw stopped;
  if (stopped === null && failed.length === 0) {
    refuseUnjudged(plan);
    return;
  }
  const counts: [number, string][] = [
    [done.length, plan.verb[1]],
    [failed.length, 'refused by the API'],
    [unknown.length, `unknown (may or may not be ${plan.verb[1]})`],
    [untried.length, 'not tried'],
    [plan.unjudged?.length ?? 0, 'not judged'],
  ];
  const parts = counts.filter(([count]) => count > 0).map(([count, fate]) => `${count} ${fate}`);
  const outcome = stopped?.outcome === 'interrupted' ? 'interrupted' : 'partial';
  const why = stopped === null ? '' : ` (${stopped.message})`;
  throw new GoblinError(
    outcome,
    outcome === 'partial' ? 'partly_done' : 'interrupted',
    parts.join(', ') + why,
    {
      hint: 'Running the same command again does the rest.',
      retryable: true,
      requestId: stopped?.requestId,
      cause: stopped,
    },
  );
}

/** Records that a message names one by one. */
const MOST_NAMED = 5;

/** @throws {GoblinError} exit 5 where nobody could tell whether a record was meant. */
export function refuseUnjudged<Row extends object>({ unjudged = [], noun, verb }: Plan<Row>): void {
  if (unjudged.length === 0) return;
  const names = unjudged.slice(0, MOST_NAMED).map(({ name }) => name);
  const more = unjudged.length > names.length ? ` and ${unjudged.length - names.length} more` : '';
  const what = `${unjudged.length} ${unjudged.length === 1 ? noun[0] : noun[1]}`;
  throw new GoblinError(
    'partial',
    'not_judged',
    `${what} could not be judged, so left alone: ${names.join(', ')}${more}`,
    { hint: `The report says why. Name those that you mean in order to ${verb[0]} them.` },
  );
}
