/** Answers that stop a request. */
import type { SecurityEventType } from '../../src/shards/security.ts';
import type { Call } from './call.ts';
import { report } from './events.ts';

/** `{"error":{"code","message"}}`: a code for programs, a message for people, nothing from inside. */
export function failure(
  status: number,
  code: string,
  message: string,
  headers?: HeadersInit,
): Response {
  return Response.json({ error: { code, message } }, { status, ...(headers && { headers }) });
}

/** Stops a request that did nothing wrong. */
export function refuse(call: Call, ...what: Parameters<typeof failure>): Response {
  call.event = null;
  return failure(...what);
}

/** Stops a request that should not have been made, and reports it. */
export function block(
  call: Call,
  status: number,
  code: SecurityEventType,
  message: string,
  headers?: HeadersInit,
): Response {
  report(call, code, message);
  return refuse(call, status, code, message, headers);
}
