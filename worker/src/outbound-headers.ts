/** Which of the client's headers go to the backend, and which headers the Worker adds. */
import { asciiJson } from './ascii-json.ts';
import type { Call } from './call.ts';
import { addContext } from './context-headers.ts';
import { flagsHeader } from './flags.ts';

/**
 * Names that are not forwarded: those reserved for the Worker (many servers read `X_User_Id` as
 * `X-User-Id`), and those of a single connection (RFC 9110, section 7.6.1).
 */
const SUSPECT =
  /^(x[-_](user[-_]id$|goblin[-_])|connection$|keep-alive$|proxy-|te$|trailer$|transfer-encoding$|upgrade$|expect$)/;
/**
 * Names that a client cannot remove by listing them in `Connection`: they describe the client, and the
 * backend may rely on them.
 */
const KEPT = /^(cf-|x-forwarded-|x-real-ip$|true-client-ip$|forwarded$|host$)/;

/** The backend's headers: a copy of the client's without those that must go, and with the Worker's own. */
export function backendHeaders(inbound: Headers, call: Call): Headers {
  const headers = new Headers(inbound);
  for (const name of namesToDelete(inbound)) headers.delete(name);
  addContext(headers, flagsHeader(call), call.context);
  if (call.session) headers.set('X-User-Id', asciiJson(call.session.user_id).slice(1, -1));
  return headers;
}

/** The names of headers that must go. Most requests have none, and cost one pass over the names. */
function namesToDelete(headers: Headers): string[] {
  const found: string[] = [];
  for (const name of headers.keys()) if (SUSPECT.test(name)) found.push(name);
  if (found.length === 0) return found;
  const isSocket = headers.get('Upgrade')?.toLowerCase() === 'websocket';
  return [...found, ...namedByConnection(headers)].filter(
    (name) => !(isSocket && name === 'upgrade'),
  );
}

/** Further names that the client lists in `Connection`. */
function namedByConnection(headers: Headers): string[] {
  const names = (headers.get('Connection') ?? '').toLowerCase().split(/[\s,]+/);
  return names.filter((name) => /^[\w-]+$/.test(name) && !KEPT.test(name));
}
