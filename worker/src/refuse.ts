/** Responses that refuse a request, and all others that the Worker makes itself. */
import type { SecurityEventType } from '../../src/shards/security.ts';
import type { Call } from './call.ts';
import { corsHeaders } from './cors.ts';
import { report } from './events.ts';

/** Codes of refusals that are not the client's fault. */
type Failure = 'api_disabled' | 'backend_timeout' | 'backend_down' | 'unavailable';

/**
 * Answers `{"error":{"code","message"}}`: a code for programs and a message for people, without internals.
 * A client's error (4xx) is recorded as a security event with the message as its reason, a failure of the
 * backend as an analytics event. A 401 names the scheme that it wants (RFC 9110, section 11.6.1).
 */
export function refuse(
  call: Call,
  status: number,
  code: SecurityEventType | Failure,
  message: string,
  headers: Record<string, string> = {},
): Response {
  call.event = code.startsWith('backend_') ? 'backend_error' : '';
  if (status < 500) report(call, code, message);
  const challenge = status === 401 && { 'WWW-Authenticate': 'Bearer' };
  return ownJson(call, { error: { code, message } }, status, { ...challenge, ...headers });
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
