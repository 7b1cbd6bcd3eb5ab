/**
 * How goblin destroys: plan, show, confirm, apply, report. A command says what it would change and why; this
 * file sees to it that nothing is changed unasked and nothing is left unreported.
 */
import { type Command, Option } from 'commander';
import { sumOf } from '../api/usage.ts';
import { parseCount } from '../arguments/parse.ts';
import type { Context } from '../context.ts';
import { GoblinError } from '../contract/errors.ts';
import type { Column, Shown, Tone } from '../output/columns.ts';
import { plural } from '../text/plural.ts';
import { confirm } from './confirm.ts';
import { quote, refuseBeyond } from './cost.ts';
import { refuseUnjudged, reportRows, throwUnlessDone } from './report.ts';
import { type ApplyOptions, allOf, type Step, type StepReport } from './step.ts';

/** A record that is left alone because it is not known whether the operator means it. */
export interface Unjudged<Row> {
  /** How a message may name it. */
  name: string;
  /** What is shown of it; its `problem` says why. */
  row: Shown<Row>;
}

export interface Plan<Row extends object> {
  /** `['revoke', 'revoked']`. */
  verb: readonly [todo: string, done: string];
  /** `['session', 'sessions']`. */
  noun: readonly [one: string, many: string];
  columns: readonly Column<Row>[];
  /** What the sample before the question shows, where that is not `columns`: what is, and what will be. */
  sampleColumns?: readonly Column<Row>[];
  /** Applied in this order. */
  steps: readonly Step<Row>[];
  /** Named by the operator, but not there. */
  absent?: readonly Shown<Row>[];
  /** There, but left alone; each row's `problem` says why. */
  skipped?: readonly Shown<Row>[];
  /** Left alone, too, but the operator may have meant them: with any of them the command is exit 5. */
  unjudged?: readonly Unjudged<Row>[];
  /** For what takes everything: a word that the operator has to type, not just a yes. */
  severe?: string;
}

export interface PlanFlags {
  yes?: boolean;
  dryRun?: boolean;
  maxOps?: number;
}

const OPTIONS = [
  new Option('-y, --yes', 'do not ask'),
  new Option('--dry-run', 'show what would be done, and stop'),
  new Option('--max-ops <n>', 'refuse if it takes more operations').argParser(parseCount),
] as const;

/** Declares what every destructive command takes. */
export function addPlanOptions(command: Command): Command {
  for (const option of OPTIONS) command.addOption(option);
  return command;
}

/** Changes shown before the question. */
const SAMPLE = 5;

/**
 * Carries a plan out and lists what became of each change.
 * @throws {GoblinError} exit 6 unconfirmed, 3 if nothing that was named is there, 5 if some changes failed,
 *   4 in a run that is read-only, 2 beyond `--max-ops`, 130 on Ctrl-C; each after the report
 */
export async function carryOut<Row extends object>(
  context: Context,
  plan: Plan<Row>,
  flags: PlanFlags,
): Promise<void> {
  if (changesOf(plan).length === 0) return reportNothing(context, plan);
  refuseBeyond(flags.maxOps, costOf(plan));
  if (flags.dryRun) return dryRun(context, plan);
  context.refuseReadOnly(`cannot ${heading(plan)}`);
  const show = () => showSample(context, plan);
  await confirm(context, { heading: heading(plan), severe: plan.severe, show }, flags);
  await context.announceTarget();
  const reports = await apply(context, plan);
  await context.output.list(reportColumns(plan), reportRows(plan, reports));
  throwUnlessDone(plan, reports);
}

async function reportNothing<Row extends object>(context: Context, plan: Plan<Row>): Promise<void> {
  const absent = plan.absent ?? [];
  const empty = `No ${plan.noun[1]} to ${plan.verb[0]}.`;
  await context.output.list(reportColumns(plan), reportRows(plan, null), { empty });
  refuseUnjudged(plan);
  if (absent.length === 0) return;
  const [one, many] = plan.noun;
  const message = absent.length === 1 ? `there is no such ${one}` : `there are no such ${many}`;
  throw new GoblinError('notFound', 'not_found', message, { hint: 'It may have expired already.' });
}

async function dryRun<Row extends object>(context: Context, plan: Plan<Row>): Promise<void> {
  await context.announceTarget();
  await context.log.note(`Would ${heading(plan)}. ${await costLine(context, plan)}`);
  await context.output.list(reportColumns(plan), reportRows(plan, null));
}

/** The first changes with their column heads, how many more there are, and what they cost. */
async function showSample<Row extends object>(context: Context, plan: Plan<Row>): Promise<void> {
  const changes = changesOf(plan);
  const rows = changes.slice(0, SAMPLE).map(({ row }) => row);
  await context.log.table(plan.sampleColumns ?? plan.columns, rows);
  const more = changes.length - rows.length;
  if (more > 0) await context.log.note(`… and ${more.toLocaleString('en-US')} more`);
  await context.log.note(await costLine(context, plan));
}

async function costLine<Row extends object>(context: Context, plan: Plan<Row>): Promise<string> {
  const { kind } = await (await context.config()).decision();
  return quote(costOf(plan), kind === 'remote');
}

/** Applies step after step. Once one has stopped, the changes of all later ones are untried. */
async function apply<Row extends object>(context: Context, plan: Plan<Row>): Promise<StepReport[]> {
  const progress = context.log.progress(plan.verb[1], changesOf(plan).length);
  const reports: StepReport[] = [];
  let before = 0;
  try {
    for (const step of plan.steps) {
      const onProgress = (done: number) => void progress.update(before + done);
      const hasStopped = reports.some(({ stopped }) => stopped !== null);
      const options = { signal: context.signal, onProgress };
      reports.push(hasStopped ? allOf(step.changes, 'untried') : await applyStep(step, options));
      before += step.changes.length;
    }
  } catch (error) {
    if (!(error instanceof GoblinError) || reports.length === 0) throw error;
    const open = plan.steps.slice(reports.length);
    reports.push(...open.map(({ changes }) => allOf(changes, 'untried', error)));
  } finally {
    await progress.end();
  }
  return reports;
}

async function applyStep<Row>(step: Step<Row>, options: ApplyOptions): Promise<StepReport> {
  try {
    return await step.apply(options);
  } catch (error) {
    // One request for all of it, and its answer is lost.
    if (!(error instanceof GoblinError) || !error.maybeApplied) throw error;
    return allOf(step.changes, 'unknown', error);
  }
}

const changesOf = <Row extends object>({ steps }: Plan<Row>) =>
  steps.flatMap(({ changes }) => changes);

const costOf = <Row extends object>({ steps }: Plan<Row>) => sumOf(steps.map(({ cost }) => cost));

/** A row of a plan, and what became of its change. */
export type Reported<Row> = Row & { result: string };

const RESULT: Column<{ result: string }> = { name: 'result', kind: 'text', tone: resultTone };

function reportColumns<Row extends object>({ columns }: Plan<Row>) {
  return [...columns, RESULT] as unknown as readonly Column<Reported<Row>>[];
}

/** What was done needs no colour; what was not done does. */
function resultTone(result: string): Tone | undefined {
  if (result === 'failed' || result === 'unknown') return 'bad';
  if (result === 'planned' || result === 'absent' || result === 'gone') return 'quiet';
  return ['untried', 'skipped', 'not judged'].includes(result) ? 'care' : undefined;
}

/** "revoke 3 sessions". */
function heading<Row extends object>(plan: Plan<Row>): string {
  return `${plan.verb[0]} ${plural(changesOf(plan).length, ...plan.noun)}`;
}
