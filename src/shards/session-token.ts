/** What a new session may be, whoever issues it. */

/** Seconds that a session may last: from the least that KV takes to a year, a day where none are given. */
export const SESSION_LIFE = { least: 60, usual: 86_400, most: 31_536_000 } as const;

/** Any hundred characters: session and conversation keys stay within KV's 512 bytes. */
const USER_ID = /^\P{Surrogate}{1,100}$/su;

export function isUserId(text: string): boolean {
  return USER_ID.test(text);
}

/**
 * A new session token: the user's id, where it can stand in an HTTP header as it is, a dot, and 256 random
 * bits in base64url. The id proves nothing; it lets the edge fetch what it holds of the user while it
 * checks the token.
 */
export function newToken(user_id: string): string {
  const secret = randomText();
  return /^\w[\w.-]*$/.test(user_id) ? `${user_id}.${secret}` : secret;
}

function randomText(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  const text = btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace('=', '');
  // On a command line a text that begins with a dash would be an option.
  return text.startsWith('-') ? randomText() : text;
}
