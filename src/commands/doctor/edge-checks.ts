/** What an edge says of itself: one request to `/_goblin/health`, where its address and secret are known. */
import type { Context } from '../../context.ts';
import { usageError } from '../../contract/errors.ts';
import { fieldsOf } from '../../shards/summary.ts';
import { parseOrigin } from '../cache/warm.ts';
import {
  type Check,
  type DoctorOptions,
  type Finding,
  failed,
  ok,
  skipped,
  warning,
} from './check.ts';

const PATIENCE_MS = 15_000;
const ADDRESS = 'GOBLIN_EDGE_URL';
const SECRET = 'GOBLIN_ADMIN_TOKEN';

async function edge(context: Context, options: DoctorOptions): Promise<Finding> {
  const secret = context.io.env[SECRET];
  if (!secret) return skipped(`set ${SECRET} to ask an edge for its health`);
  const origin = options.edge ?? (await knownOrigin(context));
  if (!origin) return skipped(`pass --edge <url> or set ${ADDRESS} to ask an edge for its health`);
  const asked = await healthOf(context, origin, secret);
  return 'health' in asked ? judge(asked.health) : asked;
}

/** From the environment, else that of a running engine where the target is local. */
async function knownOrigin(context: Context): Promise<string | null> {
  const address = context.io.env[ADDRESS];
  if (address) return parseOrigin(address);
  const config = await context.config();
  if ((await config.decision()).kind !== 'local') return null;
  const { findRunning } = await import('../../local/running.ts');
  return (await findRunning((await config.stateDir()).value))?.edgeUrl ?? null;
}

async function healthOf(
  context: Context,
  origin: string,
  secret: string,
): Promise<Finding | { health: Record<string, unknown> }> {
  if (!/^[!-~]+$/.test(secret)) {
    throw usageError(
      'bad_secret',
      `${SECRET} is not a valid token`,
      'It has printable ASCII without blanks.',
    );
  }
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(PATIENCE_MS)]);
  const headers = { Authorization: `Bearer ${secret}` };
  try {
    context.usage['edge.requests']++;
    const response = await context.fetch(`${origin}/_goblin/health`, { headers, signal });
    if (response.ok) return { health: fieldsOf(await response.json()) };
    await response.arrayBuffer();
    return failed(`${origin} answers ${response.status}`, advice(response.status));
  } catch (error) {
    context.signal.throwIfAborted();
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = cause instanceof Error ? cause.message : String(cause);
    return failed(`${origin} does not answer: ${why}`, `Check the address (--edge or ${ADDRESS}).`);
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
  const bad = badVariables(health.bad_variables);
  if (bad.length > 0) {
    return warning(
      `not valid, so that the default holds: ${bad.join('; ')}`,
      'Correct them in the wrangler file, and deploy the Worker again.',
    );
  }
  const dropped = droppedIn(health.dropped);
  const version = typeof health.version === 'string' ? `version ${health.version}; ` : '';
  if (dropped.length === 0) return ok(`${version}the isolate that answered has dropped nothing`);
  return judgeDropped(dropped);
}

/** "API_TIMEOUT_MS is not a whole number …" */
function badVariables(stored: unknown): string[] {
  if (!Array.isArray(stored)) return [];
  return stored.map((each) => {
    const { name, problem } = fieldsOf(each);
    return `${name} ${problem}`;
  });
}

interface Dropped {
  kind: string;
  reason: string;
  count: unknown;
}

function droppedIn(stored: unknown): Dropped[] {
  return Object.entries(fieldsOf(stored)).flatMap(([kind, reasons]) =>
    Object.entries(fieldsOf(reasons)).map(([reason, count]) => ({ kind, reason, count })),
  );
}

function judgeDropped(dropped: readonly Dropped[]): Finding {
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
