/** What an edge says of itself: one request to `/_goblin/health`, where its address and secret are known. */
import { ADMIN_VARIABLE, EDGE_VARIABLE } from '../../config/edge.ts';
import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import { fieldsOf } from '../../shards/summary.ts';
import { type Check, type Finding, failed, ok, skipped, unlessMissing, warning } from './check.ts';

async function edge(context: Context): Promise<Finding> {
  const config = await context.config();
  if (!(await config.adminToken())) {
    return skipped(`set ${ADMIN_VARIABLE} to ask an edge for its health`);
  }
  const found = await unlessMissing(context.edge(), 'no_edge');
  if (found instanceof GoblinError) {
    return skipped(`pass --edge or set ${EDGE_VARIABLE} to ask an edge for its health`);
  }
  context.usage['edge.requests']++;
  const response = await found.admin('/_goblin/health');
  try {
    return judge(fieldsOf(await response.json()));
  } catch (error) {
    context.signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    const detail = `${found.url} answers something other than its health: ${why}`;
    return failed(detail, `Check the address (--edge or ${EDGE_VARIABLE}).`);
  }
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
