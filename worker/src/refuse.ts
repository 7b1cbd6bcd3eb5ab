/** Answers that stop a request. */
import type { SecurityEventType } from '../../src/shards/security.ts';
import type { Call } from './call.ts';
import { report } from './events.ts';

/** Why a request is stopped through no fault of the client's. */
type Trouble = 'api_disabled' | 'backend_timeout' | 'backend_down' | 'unavailable';

/**
 * Answers `{"error":{"code","message"}}`: a code for programs, a message for people, nothing from inside.
 * What the client should not have done (4xx) is reported, with the message as the reason.
 */
export function refuse(
  call: Call,
  status: number,
  code: SecurityEventType | Trouble,
  message: string,
  headers: Record<string, string> = {},
): Response {
  call.event = '';
  if (status < 500) report(call, code, message);
  return Response.json({ error: { code, message } }, { status, headers });
}
