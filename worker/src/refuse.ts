/** Answers that stop a request. */
import type { SecurityEventType } from '../../src/shards/security.ts';
import type { Call } from './call.ts';
import { corsHeaders } from './cors.ts';
import { report } from './events.ts';

/** Why a request is stopped through no fault of the client's. */
type Trouble = 'api_disabled' | 'backend_timeout' | 'backend_down' | 'unavailable';

/**
 * Answers `{"error":{"code","message"}}`: a code for programs, a message for people, nothing from inside.
 * What the client should not have done (4xx) is reported, with the message as the reason; a failure of the
 * backend leaves an analytics event.
 */
export function refuse(
  call: Call,
  status: number,
  code: SecurityEventType | Trouble,
  message: string,
  headers: Record<string, string> = {},
): Response {
  call.event = code.startsWith('backend_') ? 'backend_error' : '';
  if (status < 500) report(call, code, message);
  return ownJson(call, { error: { code, message } }, status, headers);
}

/** An answer that the Worker makes itself: no cache may keep it, and web pages may read it if allowed. */
export function ownJson(
  call: Call,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): Response {
  return Response.json(body, {
    status,
    headers: { 'Cache-Control': 'no-store', ...corsHeaders(call), ...headers },
  });
}
