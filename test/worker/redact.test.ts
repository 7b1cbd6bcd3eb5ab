import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { previewOf } from '../../worker/src/preview.ts';
import { redact } from '../../worker/src/redact.ts';

/** What must go, and what is left then. */
const GONE: [string, string][] = [
  // Cards
  ['my card is 4111 1111 1111 1111, ok?', 'my card is [card], ok?'],
  ['4111111111111111', '[card]'],
  ['4111-1111-1111-1111', '[card]'],
  ['4111.1111.1111.1111', '[card]'],
  ['4111_1111_1111_1111', '[card]'],
  ['4111\u00a01111\u00a01111\u00a01111', '[card]'],
  ['4111\u20091111\u20091111\u20091111', '[card]'],
  ['4111\u202f1111\u202f1111\u202f1111', '[card]'],
  ['4111\u200b1111\u200b1111\u200b1111', '[card]'],
  ['4111\n1111\n1111\n1111', '[card]'],
  ['4111  1111  1111  1111', '[card]'],
  ['4111 - 1111 - 1111 - 1111', '[card]'],
  ['4111–1111–1111–1111', '[card]'],
  ['4111‑1111‑1111‑1111', '[card]'],
  ['41111111 11111111', '[card]'],
  ['4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1', '[card]'],
  ['41 11 11 11 11 11 11 11', '[card]'],
  ['4111 1111 1111 1112 (mistyped)', '[card] (mistyped)'],
  ['Amex 378282246310005', 'Amex [card]'],
  ['Amex 3782 822463 10005', 'Amex [card]'],
  ['Diners 3056 930902 5904', 'Diners [card]'],
  ['Maestro 6759 6498 2643 8453', 'Maestro [card]'],
  ['5555555555554444 and 4012888888881881', '[card] and [card]'],
  ['on 2026-11-22 4111 1111 1111 1111 was charged', 'on 2026-11-22 [card] was charged'],
  ['٤١١١ ١١١١ ١١١١ ١١١١', '[card]'],
  // Passwords, as people say them
  ['password hunter2', '[secret]'],
  ['password\nhunter2', '[secret]'],
  ['my password was hunter2', 'my [secret]'],
  ['My password is hunter2!', 'My [secret]'],
  ['my password is swordfish', 'my [secret]'],
  ['my password is: hunter2', 'my [secret]'],
  ['the password "open sesame" works', 'the [secret] works'],
  ['the password for the wifi is swordfish', 'the [secret]'],
  ['password for wifi: swordfish', '[secret]'],
  ['set my password to hunter2', 'set my [secret]'],
  ['change the password to Tr0ub4dor&3', 'change the [secret]'],
  ['I changed my password to swordfish', 'I changed my [secret]'],
  ['hunter2 is my password', '[secret]'],
  ['my passwords are hunter2, hunter3', 'my [secret] hunter3'],
  ['mein Passwort ist hunter2', 'mein [secret]'],
  ['login bob, pass: swordfish', 'login bob, [secret]'],
  ['pwd: hunter2', '[secret]'],
  ['passcode=8812', '[secret]'],
  ['passphrase: correct horse battery staple', '[secret]'],
  ['my seed phrase is able baker charlie', 'my [secret]'],
  ['my pin is 1234', 'my [secret]'],
  ['PIN: 4711', '[secret]'],
  ['4711 is my pin', '[secret]'],
  ['cvv 123', '[secret]'],
  ['security code: 123', '[secret]'],
  // Passwords and keys, as programs write them
  ['{"password":"hunter2"}', '{[secret]}'],
  ['{"user":"bob", "password" : "two words", "x":1}', '{"user":"bob", [secret], "x":1}'],
  ["{'password': 'hunter2'}", '{[secret]}'],
  ['password=hunter2', '[secret]'],
  ['password := hunter2', '[secret]'],
  ['password -> hunter2', '[secret]'],
  ['?user=bob&password=hunter2', '?user=bob&[secret]'],
  ['DB_PASSWORD=swordfish', 'DB_[secret]'],
  ['token => abc', '[secret]'],
  ['token: abc', '[secret]'],
  ['accessToken: "abc def"', 'access[secret]'],
  ['refresh_token=abc', 'refresh_[secret]'],
  ['secret: "two words"', '[secret]'],
  ["secret: 'two words'", '[secret]'],
  ['secret: “two words”', '[secret]'],
  ['secret: `two words`', '[secret]'],
  ['secret: "never closed', '[secret]'],
  ['client_secret=shh', 'client_[secret]'],
  ['api_key=abc123', '[secret]'],
  ['API key: abc', '[secret]'],
  ['apiKey = "abc"', '[secret]'],
  ['private key: abc', '[secret]'],
  ['credentials: bob/swordfish', '[secret]'],
  ['Authorization: Bearer abc.def', 'Authorization: [secret]'],
  ['Authorization: Basic dTpwYXNzd29yZA==', 'Authorization: [secret]'],
  ['use sk-proj-Ab3dEf6hIj9kLm2nOp5q please', 'use [secret] please'],
  ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl', '[secret]'],
  ['AKIAIOSFODNN7EXAMPLE', '[secret]'],
  ['xoxb-123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx', '[secret]'],
  ['550e8400-e29b-41d4-a716-446655440000', '[secret]'],
  ['MIIEvQIBADANBgkqhkiG9w0BAQEFAASC', '[secret]'],
  // URLs
  ['https://user:hunter2@host', 'https://[secret]@host'],
  [
    'see https://user:hunter2@example.com/a?b please',
    'see https://[secret]@example.com/a?b please',
  ],
  ['postgres://admin:p%40ss@db.internal:5432/app', 'postgres://[secret]@db.internal:5432/app'],
  ['redis://:hunter2@cache', 'redis://[secret]@cache'],
  ['https://user:pa@ss@host/', 'https://[secret]@host/'],
  // Addresses
  ['Write to ann.o+x@mail.example.co.uk now', 'Write to [email] now'],
  ["o'brien@example.ie", '[email]'],
  ['ännchen@müller.de', '[email]'],
  ['josé.garcía@correo.es', '[email]'],
  ['用户@例子.公司', '[email]'],
  ['иван@почта.рф', '[email]'],
  ['user@münchen.example', '[email]'],
  ['ann＠example.com', '[email]'],
  ['<ann@example.com>, bob@example.com', '<[email]>, [email]'],
];

/** What must stay as it is. */
const STAYS = [
  'call me at 10:30 on 2026-11-22, room 4711',
  'How do I reset my password?',
  'I forgot my password',
  'my password is wrong',
  'the password is too short',
  'my password is not accepted.',
  'password reset link',
  'a password manager for teams',
  'add a password to the zip file',
  'the secret to good soup',
  'I need a password to log in',
  'a secret santa',
  'bearer of bad news',
  'a basic understanding',
  'the pass is closed in winter',
  'passport: M1234567',
  'max_tokens=4096',
  'max tokens: 4096',
  'the token limit is 4096',
  'what is my pin?',
  'internationalisation counterrevolutionaries',
  'order 4711-0815',
  'order number 1234567890123',
  'ORD-2026-000123',
  'invoice 2026/11/000042',
  'tracking 9400 1000 0000 0000 0000 00',
  'phone +49 170 1234567',
  'phone +4111111111111111',
  '+1 (555) 123-4567',
  '030 1234 5678',
  'version 1.2.3-rc.4',
  'Windows 10.0.19045.3803',
  'release-2026-11-22-hotfix-3',
  '2026-11-22T10:30:00.000Z',
  'from 2026-11-22 10:30:45 to 2026-11-23 11:15:30',
  '2026-11-22 2026-11-23',
  '2026-11-22 10.30.45',
  '22.11.2026, 23.11.2026, 24.11.2026',
  'at 1767222000123 ms',
  'ISBN 978-3-16-148410-0',
  '192.168.100.200 8080',
  '2001:db8:1:2::9',
  '3.14159265358979',
  '1,000,000,000,000 dollars',
  '12345678901234567890',
  'https://example.com/blog/2026/11/some-long-title',
  'see docs/guides/install-2026',
  'user@localhost',
  'meet @ noon',
  'a@b',
];

describe('a redacted text', () => {
  it('is tried on a hundred samples', () => {
    expect(GONE.length + STAYS.length).toBeGreaterThanOrEqual(100);
  });

  it.each(GONE)('%j is %j', (text, left) => expect(redact(text)).toBe(left));

  it.each(STAYS)('%j stays', (text) => expect(redact(text)).toBe(text));

  it('holds no card, whatever stands around it and between its digits', () => {
    const sign = fc.constantFrom('', ' ', '-', '.', '\u00a0', '\u2009', '  ', '–', '\t');
    const around = fc.constantFrom('', 'card: ', '(', 'on 2026-11-22 ', 'x\n', '12 ');
    fc.assert(
      fc.property(around, sign, around, (before, sign, after) => {
        const card = ['4000', '0566', '5566', '5556'].join(sign);
        expect(redact(`${before}${card} ${after}`)).not.toContain('5556');
      }),
    );
  });
});

describe('a preview', () => {
  it('is one line', () => {
    expect(previewOf('two\n  lines\tand  blanks ')).toBe('two lines and blanks');
  });

  it('ends between characters, not in one', () => {
    expect(previewOf(`${'x'.repeat(99)}\u{1f47e}`)).toBe('x'.repeat(99));
    expect(previewOf(`${'x'.repeat(98)}\u{1f47e}`)).toBe(`${'x'.repeat(98)}\u{1f47e}`);
  });

  it('shows nothing of a secret that reaches beyond its end', () => {
    expect(previewOf(`${'word '.repeat(18)}{"password":"hunter2hunter2"}`)).not.toContain('hunter');
  });
});
