/** What an edge says of itself: one request to `/_goblin/health`, where its address and secret are known. */
import type { Context } from '../../context.ts';
import { usageError } from '../../errors.ts';
import { fieldsOf } from '../../shards/summary.ts';
import { parseOrigin } from '../cache/warm.ts';
import { type Check, type Finding, failed, ok, skipped, warning } from './check.ts';

const PATIENCE_MS = 15_000;
const ADDRESS = 'GOBLIN_EDGE_URL';
const SECRET = 'GOBLIN_ADMIN_TOKEN';

async function edge(context: Context): Promise<Finding> {
  const { [ADDRESS]: address, [SECRET]: secret } = context.io.env;
  if (!address || !secret) {
    return skipped(`set ${ADDRESS} and ${SECRET} to ask an edge for its health`);
  }
  const asked = await healthOf(context, parseOrigin(address), secret);
  return 'health' in asked ? judge(asked.health) : asked;
}

async function healthOf(
  context: Context,
  origin: string,
  secret: string,
): Promise<Finding | { health: Record<string, unknown> }> {
  if (!/^[!-~]+$/.test(secret))
    throw usageError('bad_secret', `${SECRET} is not a valid token`, '');
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(PATIENCE_MS)]);
  const headers = { Authorization: `Bearer ${secret}` };
  try {
    const response = await context.fetch(`${origin}/_goblin/health`, { headers, signal });
    if (response.ok) return { health: fieldsOf(await response.json()) };
    await response.arrayBuffer();
    return failed(`${origin} answers ${response.status}`, advice(response.status));
  } catch (error) {
    context.signal.throwIfAborted();
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = cause instanceof Error ? cause.message : String(cause);
    return failed(`${origin} does not answer: ${why}`, `Check ${ADDRESS}.`);
  }
}

function advice(status: number): string {
  if (status === 401) return `${SECRET} is not the Worker's ADMIN_TOKEN; check both.`;
  if (status === 404) return 'Deploy a Worker that has /_goblin/health, and set its ADMIN_TOKEN.';
  return 'Look at `wrangler tail`, and try again.';
}

/** Reasons that mean: the account had no writes left, and not only this isolate. */
const QUOTA = 'quota';

function judge(health: Record<string, unknown>): Finding {
  const dropped = Object.entries(fieldsOf(health.dropped)).flatMap(([kind, reasons]) =>
    Object.entries(fieldsOf(reasons)).map(([reason, count]) => ({ kind, reason, count })),
  );
  if (dropped.length === 0) return ok('the isolate that answered has dropped nothing');
  const list = dropped.map(({ kind, reason, count }) => `${count} ${kind} (${reason})`).join(', ');
  const detail = `the isolate that answered has dropped ${list}`;
  if (dropped.some(({ reason }) => reason === QUOTA)) {
    return warning(
      `${detail}; KV has no writes left until midnight UTC`,
      'Logins fail until then. Lower KV_WRITES_PER_DAY, or move to a paid plan and raise it.',
    );
  }
  return warning(
    detail,
    'Raise KV_WRITES_PER_DAY if the plan has more writes; otherwise this is what keeps logins working.',
  );
}

export const edgeChecks: readonly Check[] = [{ name: 'edge', run: edge }];
