/** After a purge: asks the edge for each path, so that no user is the one who waits. */
import type { Context } from '../../context.ts';
import { GoblinError, usageError } from '../../errors.ts';

/** Requests under way at once. */
const PARALLEL = 6;
/** Milliseconds until an answer must be whole. */
const PATIENCE_MS = 15_000;
/** Failures that are named one by one. */
const NAMED = 10;

interface Answer {
  path: string;
  /** Null where none came. */
  status: number | null;
  /** The edge had it in memory still, and so fetched nothing. */
  isOld: boolean;
  /** Why it counts as failed. */
  problem?: string;
}

/** The origin of an edge: `https://edge.example.com`. */
export function parseOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isBare = url !== null && url.href === `${url.origin}/`;
  if (isBare && /^https?:$/.test(url.protocol)) return url.origin;
  throw usageError(
    'bad_url',
    `"${text}" is no address of an edge`,
    'Write scheme and host alone: https://edge.example.com.',
  );
}

/**
 * Asks for each path and tells how that went on stderr.
 * @throws {GoblinError} exit 5 where one was not answered with 2xx
 */
export async function warm(
  context: Context,
  origin: string,
  paths: readonly string[],
): Promise<void> {
  const answers: Answer[] = [];
  const progress = context.log.progress('asked', paths.length);
  // All take from the same queue.
  const queue = paths.values();
  const lane = async () => {
    for (const path of queue) {
      answers.push(await askTwice(context, origin, path));
      await progress.update(answers.length);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, lane));
  await progress.end();
  if (answers.length > 0) await report(context, origin, answers);
}

/** The edge keeps a path with a query string only when it is asked for it a second time. */
async function askTwice(context: Context, origin: string, path: string): Promise<Answer> {
  const first = await ask(context, origin, path);
  if (!path.includes('?') || first.problem !== undefined) return first;
  return { ...(await ask(context, origin, path)), isOld: first.isOld };
}

async function ask(context: Context, origin: string, path: string): Promise<Answer> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(PATIENCE_MS)]);
  try {
    // Not `new URL(path, origin)`: a stored path may begin with `//` and another host.
    const response = await context.fetch(origin + path, { signal, redirect: 'manual' });
    await response.arrayBuffer();
    const { status, ok, headers } = response;
    const isOld = headers.get('x-cache') === 'HIT';
    return { path, status, isOld, ...(!ok && { problem: `status ${status}` }) };
  } catch (error) {
    if (context.signal.aborted) throw interrupted(error);
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = cause instanceof Error ? cause.message : String(cause);
    return { path, status: null, isOld: false, problem: why };
  }
}

function interrupted(cause: unknown): GoblinError {
  return new GoblinError('interrupted', 'interrupted', 'purged, but interrupted in warming', {
    cause,
  });
}

async function report(context: Context, origin: string, answers: readonly Answer[]): Promise<void> {
  const { log } = context;
  const failed = answers.filter(({ problem }) => problem !== undefined);
  const old = answers.filter(({ isOld, problem }) => isOld && problem === undefined);
  await log.note(`Asked ${origin} for ${answers.length}: ${statuses(answers)}.`);
  for (const { path, problem } of failed.slice(0, NAMED)) await log.warn(`${path}: ${problem}`);
  if (old.length > 0) {
    await log.note(
      `${old.length} came from an edge that does not know of the purge yet; it will within 30 s.`,
    );
  }
  if (failed.length === 0) return;
  throw new GoblinError(
    'partial',
    'warm_failed',
    `purged, but ${failed.length} of ${answers.length} could not be fetched again`,
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
