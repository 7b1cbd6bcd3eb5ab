/** What a response of the backend has used, as its headers say. */
import type { Call } from '../call.ts';
import { countDropped } from '../dropped.ts';

const TOKENS = 'X-Goblin-Tokens';
const COST = 'X-Goblin-Cost';

/**
 * Notes tokens and cost. The response to the client is without them, whether they are used or not.
 * @param headers the response's
 */
export function takeAmounts(call: Call, response: Response, headers: Headers): Response {
  const tokens = headers.get(TOKENS);
  const cost = headers.get(COST);
  if (tokens === null && cost === null) return response;
  call.tokens = amountOf(tokens);
  call.cost = amountOf(cost);
  const answer = new Response(response.body, response);
  answer.headers.delete(TOKENS);
  answer.headers.delete(COST);
  return answer;
}

/** A finite number from 0 on in decimal digits. Any other text is 0, and counted. */
function amountOf(text: string | null): number {
  const amount = /^\d+(\.\d+)?(e[-+]?\d+)?$/i.test(text ?? '0') ? Number(text) : Number.NaN;
  if (Number.isFinite(amount)) return amount;
  countDropped('usage', 'bad_amount');
  return 0;
}
