/** Keeps a credential out of what is shown: an API, or a proxy in between, may echo what it was sent. */
import { GoblinError } from '../contract/errors.ts';

/** A text without the secret. */
export type Redact = (text: string) => string;

const HIDDEN = '[redacted]';

/** Shorter texts occur by chance, and no API accepts such a credential. */
const LEAST_SECRET = 6;

/** Hides a secret in any case, and in any mix of plain and percent-encoded characters. */
export function redactor(secret: string): Redact {
  if (secret.length < LEAST_SECRET) return (text) => text;
  const pattern = new RegExp([...secret].map(eitherWay).join(''), 'gi');
  return (text) => text.replace(pattern, HIDDEN);
}

function eitherWay(character: string): string {
  const encoded = Buffer.from(character).toString('hex').replace(/../g, '%$&');
  return `(?:${character.replace(/[^\w]/u, '\\$&')}|${encoded})`;
}

/** The error without the secret, in all that may be shown of it: message, hint, request id, stacks. */
export function redactError(error: unknown, redact: Redact): unknown {
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    for (const name of ['message', 'stack'] as const) {
      const text = inner[name];
      // Defined anew, as a DOMException (an aborted request) has getters only.
      if (text && redact(text) !== text) {
        Object.defineProperty(inner, name, { value: redact(text), configurable: true });
      }
    }
  }
  if (!(error instanceof GoblinError)) return error;
  const { hint, requestId } = error;
  return error.with({
    hint: hint && redact(hint),
    requestId: requestId && redact(requestId),
  });
}
