/** One path asked of the edge, as any client would. */
import type { Context } from '../../context.ts';
import { interrupted } from '../../contract/errors.ts';

/** Milliseconds until an answer must be whole. */
const PATIENCE_MS = 15_000;

export interface Purged {
  /** Of the edge, without a slash at its end. */
  origin: string;
  /** When, milliseconds since 1970. */
  at: number;
}

export interface Answer {
  path: string;
  /** Null where none came. */
  status: number | null;
  /** From an edge's memory and from before the purge: nothing was fetched. */
  isOld: boolean;
  /** Why it counts as failed. */
  problem?: string;
}

/** The edge keeps a path with a query string only when it is asked for it a second time. */
export async function askForKeeps(context: Context, purged: Purged, path: string): Promise<Answer> {
  const first = await ask(context, purged, path);
  const isKept = !path.includes('?') || first.isOld || first.problem !== undefined;
  return isKept ? first : { ...(await ask(context, purged, path)), isOld: false };
}

async function ask(context: Context, purged: Purged, path: string): Promise<Answer> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(PATIENCE_MS)]);
  try {
    // Not `new URL(path, origin)`: a stored path may begin with `//` and another host.
    context.usage['edge.requests']++;
    const response = await context.fetch(purged.origin + path, { signal, redirect: 'manual' });
    await response.arrayBuffer();
    const { status, ok, headers } = response;
    if (!ok) return { path, status, isOld: false, problem: `status ${status}` };
    return { path, status, isOld: isOlder(headers, context.now() - purged.at) };
  } catch (error) {
    if (context.signal.aborted)
      throw interrupted('purged, but interrupted before all was fetched again', error);
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const problem = cause instanceof Error ? cause.message : String(cause);
    return { path, status: null, isOld: false, problem };
  }
}

/** Whether a response was in the edge's memory for longer than `ms`; its age is told in whole seconds. */
function isOlder(headers: Headers, ms: number): boolean {
  const age = Number(headers.get('age') ?? Number.POSITIVE_INFINITY);
  return headers.get('x-cache') === 'HIT' && (age + 1) * 1000 > ms;
}
