/** After a purge: asks the edge for each path, so that no user is the one who waits. */
import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import { type Answer, askForKeeps, type Purged } from './ask-edge.ts';

/** Requests under way at once. */
const PARALLEL = 6;
/** An edge goes on answering from memory until KV shows it the purge, after 32 s at the latest. */
const ROUNDS = 13;
const ROUND_MS = 3000;
/** Failures that are named one by one. */
const NAMED = 10;

/**
 * Asks for each path until it is fetched anew, and tells how that went on stderr.
 * @throws {GoblinError} exit 5 where one was not answered with 2xx, 130 on Ctrl-C
 */
export async function warm(
  context: Context,
  origin: string,
  paths: readonly string[],
): Promise<void> {
  const purged = { origin, at: context.now() };
  const settled: Answer[] = [];
  let answers = await askAll(context, purged, paths);
  for (let round = 1; round < ROUNDS && answers.some(({ isOld }) => isOld); round++) {
    settled.push(...answers.filter(({ isOld }) => !isOld));
    const old = answers.filter(({ isOld }) => isOld).map(({ path }) => path);
    if (round === 1) await context.log.note(waitText(old.length));
    await context.sleep(ROUND_MS, context.signal);
    answers = await askAll(context, purged, old);
  }
  settled.push(...answers);
  if (settled.length > 0) await report(context, origin, settled);
}

function waitText(count: number): string {
  const who = count === 1 ? 'One path is' : `${count} paths are`;
  return `${who} answered from the edge's memory still; waiting up to 40 s until it knows of the purge.`;
}

async function askAll(
  context: Context,
  purged: Purged,
  paths: readonly string[],
): Promise<Answer[]> {
  const answers: Answer[] = [];
  const progress = context.log.progress('asked', paths.length);
  // All lanes take from the same queue.
  const queue = paths.values();
  const lane = async () => {
    for (const path of queue) {
      answers.push(await askForKeeps(context, purged, path));
      await progress.update(answers.length);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, lane));
  await progress.end();
  return answers;
}

async function report(context: Context, origin: string, answers: readonly Answer[]): Promise<void> {
  const { log } = context;
  const failed = answers.filter(({ problem }) => problem !== undefined);
  const old = answers.filter(({ isOld }) => isOld);
  await log.note(`Asked ${origin} for ${answers.length}: ${statuses(answers)}.`);
  for (const { path, problem } of failed.slice(0, NAMED)) await log.warn(`${path}: ${problem}`);
  for (const { path } of old.slice(0, NAMED))
    await log.warn(`${path}: still from before the purge`);
  const missed = failed.length + old.length;
  if (missed === 0) return;
  throw new GoblinError(
    'partial',
    'warm_failed',
    `purged, but ${missed} of ${answers.length} could not be fetched again`,
    { hint: 'The next request for each fetches it.' },
  );
}

/** "3 × 200, 1 × 503, 1 without an answer". */
function statuses(answers: readonly Answer[]): string {
  const counts = new Map<string, number>();
  for (const { status } of answers) {
    const word = status === null ? 'without an answer' : `× ${status}`;
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].map(([word, count]) => `${count} ${word}`).join(', ');
}
