/** What a new session may be, whoever issues it: the edge or an operator. It imports nothing, to be inlined. */

/** Seconds that a session may last: from the least KV takes to a year, and a day where none are given. */
export const MIN_SESSION_TTL = 60;
export const MAX_SESSION_TTL = 31_536_000;
export const SESSION_TTL = 86_400;

/** Any hundred characters: session and conversation keys stay within KV's 512 bytes. */
export const USER_ID = /^\P{Surrogate}{1,100}$/su;

/**
 * A new session token: the user's id, where it can stand in an HTTP header as it is, a dot, and 244 random
 * bits. The id proves nothing; it lets the edge fetch what it holds of the user while it checks the token.
 * It never begins with a dash, for on a command line that would be an option.
 */
export function newToken(user_id: string): string {
  const secret = crypto.randomUUID() + crypto.randomUUID();
  return /^\w[\w.-]*$/.test(user_id) ? `${user_id}.${secret}` : secret;
}
