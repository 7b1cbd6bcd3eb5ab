import { expect, it } from 'vitest';
import { redactError, redactor } from '../../src/api/redact.ts';
import { GoblinError } from '../../src/contract/errors.ts';

const SECRET = 'a-token/with:signs';
const redact = redactor(SECRET);

it.each([SECRET, encodeURIComponent(SECRET), 'a-token%2fwith%3Asigns'])('hides %s', (written) => {
  expect(redact(`said ${written}, twice ${written}`)).toBe('said [redacted], twice [redacted]');
});

it('leaves an error that does not hold the secret as it is, whatever made it', () => {
  const cause = new DOMException('This operation was aborted', 'AbortError');
  const error = new GoblinError('interrupted', 'interrupted', 'interrupted', { cause });
  expect(redactError(error, redact)).toMatchObject({ code: 'interrupted', message: 'interrupted' });
  expect(cause.message).toBe('This operation was aborted');
});

it('hides the secret in messages, hints, request ids and stacks, down to the last cause', () => {
  const cause = new DOMException(`sent ${SECRET}`, 'AbortError');
  const error = new GoblinError('failed', 'x', `got ${SECRET}`, {
    hint: `try ${SECRET}`,
    requestId: SECRET,
    cause,
  });
  const shown = redactError(error, redact) as GoblinError;
  const texts = [shown.message, shown.hint, shown.requestId, shown.stack, cause.message];
  for (const text of [...texts, cause.stack]) expect(text).not.toContain(SECRET);
  expect(cause.message).toBe('sent [redacted]');
});
