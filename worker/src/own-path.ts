/** Which paths are the Worker's own, however they are written. */

import { ADMIN_ROOT } from '../../src/live/admin.ts';

/** Below it are the Worker's own routes; nothing there is ever forwarded. */
export const ROOT = '/_goblin/';
export const SESSIONS_PATH = `${ROOT}sessions`;
export const HEALTH_PATH = `${ROOT}health`;

/** Routes for the bearer of `ADMIN_TOKEN` instead of a session. */
export function isAdminPath(path: string): boolean {
  return path === SESSIONS_PATH || path === HEALTH_PATH || path.startsWith(ADMIN_ROOT);
}

/** Whether a server, or something in front of it, may take a path for one below `/_goblin`. */
export function isOwnPath(path: string): boolean {
  if (path.startsWith(ROOT)) return true;
  // Nothing to decode or to resolve.
  if (!/[%\\;]|\/[./]|^\/_goblin(\/|$)/i.test(path)) return false;
  return /^_goblin(\/|$)/i.test(resolved(decoded(path)));
}

/** Percent-encoding is undone up to three times: each of several servers in a row may do it once. */
function decoded(path: string): string {
  let text = path;
  for (let i = 0; i < 3 && text.includes('%'); i++) {
    text = text.replace(/%([\da-f]{2})/gi, (_, hex) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  }
  return text;
}

/** The segments that are left when `.`, `..`, empty ones and parameters behind `;` are resolved. */
function resolved(path: string): string {
  const segments: string[] = [];
  for (const raw of path.split(/[/\\]/)) {
    const segment = raw.replace(/;.*/s, '');
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return segments.join('/');
}
