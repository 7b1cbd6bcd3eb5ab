/** Tokens of sessions, and the secret that lets one make them. */

/**
 * A new session token: the user's id, where it can stand in an HTTP header as it is, a dot, and 256 random
 * bits. The id proves nothing. It lets the edge fetch what it holds of the user while it checks the token.
 */
export function newToken(user_id: string): string {
  const secret = crypto.getRandomValues(new Uint8Array(32)).toHex();
  return /^[\w.-]+$/.test(user_id) ? `${user_id}.${secret}` : secret;
}

/** The user id that a token names, if it names one. */
export function hintedUser(token: string): string | undefined {
  return /(.+)\./.exec(token)?.[1];
}

/** Whether two secrets are the same, in a time that tells neither where they differ nor how long one is. */
export async function isSameSecret(given: string, expected: string): Promise<boolean> {
  return crypto.subtle.timingSafeEqual(await digest(given), await digest(expected));
}

function digest(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
}
