/** What an edge sends, which may be of another version: absent or odd fields have defaults. */
import type {
  GiveBackRequest,
  MirrorBudget,
  TakeRequest,
} from '../../../../src/live/limiter-rpc.ts';
import { fieldsOf } from '../../../../src/shards/summary.ts';

export function decodeTake(request: unknown): TakeRequest {
  const { client, holder, lease, need, want, mirror } = fieldsOf(request);
  return {
    client: typeof client === 'string' && client !== '' ? client : 'unknown',
    holder: `${holder}`,
    lease: count(lease, 0),
    need: count(need, 1),
    want: count(want, 0),
    mirror: mirror === 'all' || mirror === 'limit' ? (mirror satisfies MirrorBudget) : 'none',
  };
}

export function decodeGiveBack(request: unknown): GiveBackRequest {
  const { holder, lease, unspent } = fieldsOf(request);
  return { holder: `${holder}`, lease: count(lease, 0), unspent: count(unspent, 0) };
}

function count(given: unknown, fallback: number): number {
  return Number.isSafeInteger(given) && Number(given) >= 0 ? Number(given) : fallback;
}
