/** The rate limiter's object, with a count of the calls that edges make to it. */
import type { GiveBackRequest, TakeRequest } from '../../src/live/limiter-rpc.ts';
import { RateLimiter as Real } from '../../worker/live/src/limiter/limiter.ts';

let calls = 0;

export class RateLimiter extends Real {
  override take(request: TakeRequest) {
    calls++;
    return super.take(request);
  }

  override giveBack(request: GiveBackRequest) {
    calls++;
    return super.giveBack(request);
  }
}

/** Tells the calls so far. */
export default { fetch: () => Response.json(calls) };
