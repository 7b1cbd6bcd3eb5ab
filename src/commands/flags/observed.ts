/** The flags as an edge tells them to a caller without a session. */
import type { Edge } from '../../connect/edge.ts';
import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import { fieldsOf } from '../../shards/summary.ts';

const PATH = '/_goblin/flags';

/**
 * Every flag that the edge knows, on or off for this machine. An edge whose API is off tells that alone.
 * @throws {GoblinError} `edge_unreachable`; `edge_failed` for any other answer
 */
export async function observedFlags(
  { usage }: Context,
  edge: Edge,
): Promise<Record<string, boolean>> {
  usage['edge.requests']++;
  const response = await edge.fetch(PATH);
  const body = fieldsOf(await response.json().catch(() => null));
  if (fieldsOf(body.error).code === 'api_disabled') return { api_enabled: false };
  const flags = Object.entries(body).filter(([, value]) => typeof value === 'boolean');
  if (response.ok && flags.length > 0) return Object.fromEntries(flags) as Record<string, boolean>;
  throw new GoblinError(
    'failed',
    'edge_failed',
    `${edge.url}${PATH} answers ${response.status}, which is no answer of goblin's edge Worker`,
    { hint: 'Check the address, and that this Worker is deployed there.', retryable: true },
  );
}
