/**
 * How goblin destroys: plan, show, confirm, apply, report. A command says which keys and why; that nothing
 * is touched unasked and nothing is left unsaid is seen to here.
 */
import { type Command, Option } from 'commander';
import type { Operations } from '../api/usage.ts';
import { parseCount } from '../arguments/parse.ts';
import type { Context } from '../context.ts';
import { GoblinError, usageError } from '../contract/errors.ts';
import { BULK_KEYS, type BulkReport, emptyReport } from '../kv/bulk.ts';
import type { BulkOptions, KvStore } from '../kv/namespace.ts';
import type { Column, Shown, Tone } from '../output/columns.ts';
import { refuseUnjudged, reportRows, verdict } from './report.ts';
import { quote, sample } from './text.ts';

export interface PlannedKey<Row> {
  key: string;
  /** What is shown of it. */
  row: Shown<Row>;
}

/** A record that is left alone because nobody can tell whether it is meant. */
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
  keys: readonly PlannedKey<Row>[];
  /** Named by the operator, but not there. */
  absent?: readonly Shown<Row>[];
  /** There, but left alone; each row's `problem` says why. */
  skipped?: readonly Shown<Row>[];
  /** Left alone, too, but the operator may have meant them: with any of them the command is exit 5. */
  unjudged?: readonly Unjudged<Row>[];
  /** For what takes everything: a word that the operator has to type, not just a yes. */
  severe?: string;
  /** Deletes, unless said otherwise. */
  apply?: (kv: KvStore, options: BulkOptions) => Promise<BulkReport>;
  /** What applying costs; one delete a key unless said otherwise. */
  cost?: PlanCost;
}

export interface PlanCost {
  requests: number;
  operations: Partial<Operations>;
}

export interface PlanFlags {
  yes?: boolean;
  dryRun?: boolean;
  maxOps?: number;
}

const OPTIONS = [
  new Option('-y, --yes', 'do not ask'),
  new Option('--dry-run', 'show what would be done, and stop'),
  new Option('--max-ops <n>', 'refuse where it takes more KV operations').argParser(parseCount),
] as const;

/** Declares what every destructive command takes. */
export function addPlanOptions(command: Command): Command {
  for (const option of OPTIONS) command.addOption(option);
  return command;
}

/**
 * Carries a plan out and lists what became of each key.
 * @throws {GoblinError} exit 6 unconfirmed, 3 where nothing that was named is there, 5 where some keys
 *   failed, 2 beyond `--max-ops`, 130 on Ctrl-C; each after the report.
 */
export async function carryOut<Row extends object>(
  context: Context,
  plan: Plan<Row>,
  flags: PlanFlags,
): Promise<void> {
  const cost = plan.cost ?? deleting(plan.keys.length);
  if (plan.keys.length === 0) return reportNothing(context, plan);
  refuseBeyond(flags.maxOps, cost);
  if (flags.dryRun) return dryRun(context, plan, cost);
  await confirmed(context, plan, cost, flags);
  await context.announceTarget();
  const report = await apply(context, plan);
  await context.output.list(reportColumns(plan), reportRows(plan, report));
  verdict(plan, report);
}

function deleting(keys: number): PlanCost {
  return { requests: Math.ceil(keys / BULK_KEYS), operations: { delete: keys } };
}

function refuseBeyond(maxOps: number | undefined, { operations }: PlanCost): void {
  const total = Object.values(operations).reduce((sum, count) => sum + count, 0);
  if (maxOps === undefined || total <= maxOps) return;
  throw usageError(
    'too_many_operations',
    `this takes ${total} KV operations, more than --max-ops ${maxOps}`,
    'Nothing was changed. Narrow it down, or raise --max-ops.',
  );
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

async function dryRun<Row extends object>(
  context: Context,
  plan: Plan<Row>,
  cost: PlanCost,
): Promise<void> {
  await context.announceTarget();
  await context.log.note(`Would ${heading(plan)}. ${quote(cost)}`);
  await context.output.list(reportColumns(plan), reportRows(plan, null));
}

async function confirmed<Row extends object>(
  context: Context,
  plan: Plan<Row>,
  cost: PlanCost,
  flags: PlanFlags,
) {
  if (flags.yes) return;
  const prompt = await context.prompt();
  if (prompt === null) {
    throw new GoblinError(
      'unconfirmed',
      'not_confirmed',
      `this would ${heading(plan)}; nothing was changed`,
      {
        hint: 'Pass --yes to do it without a question, or --dry-run to see it.',
      },
    );
  }
  await context.announceTarget();
  for (const line of sample(plan, context.now())) await context.log.note(line);
  await context.log.note(quote(cost));
  const question = `${capital(heading(plan))}?`;
  const { severe } = plan;
  if (severe ? await prompt.confirmByTyping(question, severe) : await prompt.confirm(question))
    return;
  throw new GoblinError('unconfirmed', 'not_confirmed', 'not confirmed; nothing was changed');
}

async function apply<Row extends object>(context: Context, plan: Plan<Row>): Promise<BulkReport> {
  const kv = await context.kv();
  const keys = plan.keys.map(({ key }) => key);
  const progress = context.log.progress(plan.verb[1], keys.length);
  const options: BulkOptions = {
    signal: context.signal,
    onProgress: (done) => void progress.update(done),
  };
  try {
    return await (plan.apply ? plan.apply(kv, options) : kv.deleteMany(keys, options));
  } catch (error) {
    // One write for all of it, and nobody knows whether it was applied.
    if (!(error instanceof GoblinError) || !error.maybeApplied) throw error;
    return { ...emptyReport(), unknown: keys, stopped: error };
  } finally {
    await progress.end();
  }
}

/** A row of a plan, and what became of its key. */
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
export function heading<Row extends object>({ verb, noun, keys }: Plan<Row>): string {
  return `${verb[0]} ${keys.length.toLocaleString('en-US')} ${keys.length === 1 ? noun[0] : noun[1]}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
