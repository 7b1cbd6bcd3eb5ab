/** The rules for a new session, whether the edge or an operator creates it. */

/** The TTL of a session in seconds: at least what KV takes, at most a year, a day by default. */
export const MIN_SESSION_TTL = 60;
export const MAX_SESSION_TTL = 31_536_000;
export const SESSION_TTL = 86_400;

/** Up to a hundred characters of any kind: keys of sessions and conversations then stay within 512 bytes. */
export const USER_ID = /^\P{Surrogate}{1,100}$/su;

/**
 * A new session token: the user's id, where it can stand in an HTTP header as it is, a dot, and 244 random
 * bits. The id proves nothing; it lets the edge fetch what it holds of the user while it checks the token.
 * It never begins with a dash, which would make it an option on a command line.
 */
export function newToken(user_id: string): string {
  const secret = crypto.randomUUID() + crypto.randomUUID();
  return /^\w[\w.-]*$/.test(user_id) ? `${user_id}.${secret}` : secret;
}
