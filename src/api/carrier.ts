/**
 * Our fetch on its way through the SDK. The SDK replaces what a fetch throws by errors of its own, drops their
 * causes, and takes a message with "timed out" in it for its own clock. So it is given a fetch that always
 * succeeds, and what came of the request is taken out of the response again.
 */
import { interrupted } from '../contract/errors.ts';
import type { Fetch, HttpResponse } from './http.ts';

/** A request that the SDK has made. */
export interface Call {
  asResponse(): Promise<unknown>;
}

interface Carrier {
  ok: true;
  status: 200;
  headers: Headers;
  outcome: Promise<HttpResponse>;
}

export function carrying(fetch: Fetch): typeof globalThis.fetch {
  const send = async (url: unknown, init?: RequestInit): Promise<Carrier> => {
    const outcome = fetch(String(url), init ?? {});
    await outcome.catch(() => {});
    return { ok: true, status: 200, headers: new Headers(), outcome };
  };
  return send as unknown as typeof globalThis.fetch;
}

/** @throws {GoblinError} what our fetch throws, or `interrupted` where the SDK has sent nothing at all */
export async function responseTo(
  call: Call,
  signal: AbortSignal | undefined,
): Promise<HttpResponse> {
  const carrier = await call.asResponse().catch((error: unknown) => {
    throw signal?.aborted ? interrupted('interrupted', error) : error;
  });
  return (carrier as Carrier).outcome;
}
