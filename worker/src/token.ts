/** What a bearer tells before KV is asked, and how secrets are compared. */

/** The user id that a token names, if it names one. */
export function hintedUser(token: string): string | undefined {
  return /(.+)\./.exec(token)?.[1];
}

/** Whether two secrets are the same, in a time that tells neither where they differ nor how long one is. */
export async function isSameSecret(given: string, expected: string): Promise<boolean> {
  return crypto.subtle.timingSafeEqual(await digest(given), await digest(expected));
}

/** SHA-256 of a text. */
export function digest(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
}
