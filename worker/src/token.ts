/** Tokens of sessions, and the secret that lets one make them. */

/** 256 bits. */
const SECRET_BYTES = 32;

/**
 * A new session token: the user's id, where it can stand in an HTTP header as it is, a dot, and 256 random
 * bits. The id proves nothing. It lets the edge fetch what it holds of the user while it checks the token.
 */
export function newToken(user_id: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  const secret = btoa(String.fromCharCode(...bytes)).replace(
    /\W/g,
    (sign) => BASE64URL[sign] ?? '',
  );
  return /^[\w.-]+$/.test(user_id) ? `${user_id}.${secret}` : secret;
}

const BASE64URL: Record<string, string> = { '+': '-', '/': '_' };

/** The user id that a token names, or null where it names none. */
export function hintedUser(token: string): string | null {
  const dot = token.lastIndexOf('.');
  return dot > 0 ? token.slice(0, dot) : null;
}

/** Whether two secrets are the same, in a time that tells neither where they differ nor how long one is. */
export async function isSameSecret(given: string, expected: string): Promise<boolean> {
  const [a, b] = await Promise.all([given, expected].map(digest));
  return a !== undefined && b !== undefined && crypto.subtle.timingSafeEqual(a, b);
}

function digest(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
}
