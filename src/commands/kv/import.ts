import { Option } from 'commander';
import { parseCount } from '../../arguments/parse.ts';
import type { Context } from '../../context.ts';
import { GoblinError, usageError } from '../../contract/errors.ts';
import type { Column } from '../../output/columns.ts';
import { writeAudit } from '../../plan/audit.ts';
import { FLAGS_KEY } from '../../shards/flags.ts';
import { type Declare, describe } from '../command.ts';
import { confirmFlags } from './flags-key.ts';
import {
  type Conflict,
  type Imported,
  importBatch,
  nothingImported,
  type Policy,
} from './import-batch.ts';
import { batchesOf, type Line, readLines, readSource } from './import-batches.ts';
import { keepHeapSmall } from './small-heap.ts';

interface Options extends Policy {
  source: string;
  fromLine: number;
  yes?: true;
}

const CONFLICTS: readonly Conflict[] = ['fail', 'skip', 'overwrite'];

export const declare: Declare = (noun, run) => {
  noun
    .command('import <source>')
    .summary('write keys from NDJSON')
    .description(
      describe(
        'Writes the keys of a file, or of stdin for -, as `kv export` made them, up to 10,000 a request. ' +
          'A wrong line stops the import with an error that names the line; a file is checked to its end before ' +
          'anything is written. A key that already matches its line does not conflict, so the same command, or ' +
          'one with --from-line, continues after a break.',
        [
          'goblin kv import memory.ndjson --dry-run',
          'goblin kv import memory.ndjson --on-conflict skip',
          'gunzip -c memory.ndjson.gz | goblin kv import - --on-conflict overwrite --yes',
        ],
      ),
    )
    .addOption(
      new Option('--on-conflict <what>', 'what to do with keys that are there already')
        .choices(CONFLICTS)
        .default('fail'),
    )
    .option('--from-line <n>', 'go on at that line', parseCount, 1)
    .option('-y, --yes', 'do not ask before keys are overwritten or the API is turned off')
    .option('--dry-run', 'check the lines and what is there, write nothing')
    .action((source: string, flags: Omit<Options, 'source'>) =>
      run(importKeys, { source, ...flags }),
    );
};

const columns: readonly Column<Imported & { result: string }>[] = [
  { name: 'written', kind: 'number' },
  { name: 'unchanged', kind: 'number' },
  { name: 'conflicts', kind: 'number' },
  { name: 'expired', kind: 'number' },
  { name: 'refused', kind: 'number' },
  { name: 'unknown', kind: 'number' },
  { name: 'last_line', kind: 'number' },
  { name: 'result', kind: 'text' },
];

/**
 * Imports lines.
 * @throws {GoblinError} exit 2 that names a wrong line, 1 or 5 with the line to go on from, 6 where keys may
 *   be overwritten and nobody said yes.
 */
export async function importKeys(context: Context, options: Options): Promise<void> {
  keepHeapSmall();
  const { source, fromLine, dryRun } = options;
  const lines = source === '-' ? undefined : await checkedLines(context, source, fromLine);
  await confirmed(context, options);
  const kv = await context.kv();
  await context.announceTarget();
  const total = nothingImported(fromLine);
  const progress = context.log.progress(`${dryRun ? 'checking' : 'importing'} line`, lines);
  let handled = 0;
  let stopped: unknown;
  try {
    for await (const batch of batchesOf(readLines(readSource(context.io, source), fromLine))) {
      await confirmBatch(context, batch, options);
      await importBatch(context, kv, batch, options, total);
      handled += batch.length;
      await progress.update(handled);
    }
  } catch (error) {
    stopped = error;
  }
  await progress.end();
  if (!dryRun) await auditImport(context, total, stopped);
  await context.output.one(columns, { ...total, result: resultOf(stopped, dryRun) });
  if (stopped !== undefined) throw goOn(stopped, total);
  refuseRefused(total);
}

/** The audit row, unless no write was sent. */
async function auditImport(context: Context, total: Imported, stopped: unknown): Promise<void> {
  const { written, refused, unknown } = total;
  if (written + refused + unknown === 0) return;
  const isPartial = stopped !== undefined || refused > 0;
  await writeAudit(
    context,
    { target: null, details: { ...total } },
    isPartial ? 'partial' : 'done',
  );
}

function resultOf(stopped: unknown, dryRun: true | undefined): string {
  if (stopped !== undefined) return 'stopped';
  return dryRun ? 'planned' : 'imported';
}

/** Reads a file to its end, so that a wrong line is told while nothing is written. @returns how many lines it has */
async function checkedLines(
  { io, log }: Context,
  source: string,
  fromLine: number,
): Promise<number> {
  const end = log.waiting(`checking ${source}`);
  let lines = 0;
  try {
    for await (const _ of readLines(readSource(io, source), fromLine)) lines++;
    return lines;
  } catch (error) {
    if (!(error instanceof GoblinError) || error.code !== 'bad_line') throw error;
    throw usageError(
      error.code,
      error.message,
      'Nothing was written. Correct the line, or leave it out.',
    );
  } finally {
    await end();
  }
}

async function confirmed(context: Context, { onConflict, yes, dryRun }: Options): Promise<void> {
  if (onConflict !== 'overwrite' || yes || dryRun) return;
  const prompt = await context.prompt();
  const question = 'Overwrite the keys that are there already?';
  if (await prompt?.confirm(question)) return;
  const message = 'this may overwrite keys; nothing was changed';
  throw new GoblinError('unconfirmed', 'not_confirmed', message, {
    hint: 'Pass --yes to do it without a question, or --dry-run to see what is there.',
  });
}

/** Asks again if the flags are among the keys and would turn the API off. */
async function confirmBatch(context: Context, batch: readonly Line[], { yes, dryRun }: Options) {
  const flags = batch.find(({ write }) => write.name === FLAGS_KEY);
  if (flags && !yes && !dryRun) await confirmFlags(context, flags.write);
}

/** The error that ended an import, with what is written by then and where to go on. */
function goOn(error: unknown, { written, unknown, last_line }: Imported): unknown {
  if (!(error instanceof GoblinError)) return error;
  const isInterrupted = error.outcome === 'interrupted';
  if (written + unknown === 0 && !isInterrupted) return error;
  const done = `${written} written`;
  const open = unknown > 0 ? `, ${unknown} unknown (may or may not be written)` : '';
  const keepsOutcome = isInterrupted || error.code === 'bad_line';
  const next = `Go on with --from-line ${last_line + 1}: keys that already match their line do not conflict.`;
  return error.with({
    outcome: keepsOutcome ? error.outcome : 'partial',
    message: `${done}${open}: ${error.message}`,
    hint: error.hint ? `${error.hint} ${next}` : next,
  });
}

function refuseRefused({ written, refused }: Imported): void {
  if (refused === 0) return;
  const message = `${written} written, ${refused} refused by the API`;
  throw new GoblinError('partial', 'partly_done', message, {
    hint: 'Running it again with --on-conflict skip tries the others again.',
    retryable: true,
  });
}
