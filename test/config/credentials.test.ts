import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  type Credentials,
  credentialsFromEnvironment,
  credentialsFromWrangler,
  parseLogin,
} from '../../src/config/credentials.ts';
import { fakeMachine, WRANGLER } from './fake-machine.ts';

function told(credentials: Credentials | undefined): string | undefined {
  if (credentials === undefined) return undefined;
  if (credentials.kind === 'token') return `token ${credentials.token.reveal()}`;
  return `key ${credentials.key.reveal()} of ${credentials.email}`;
}

describe('what `wrangler auth token --json` prints', () => {
  it.each([
    ['{"type":"oauth","token":"o-1"}', 'token o-1'],
    ['{\n  "type": "api_token",\n  "token": "t-1"\n}\n', 'token t-1'],
    ['{"type":"api_key","key":"k-1","email":"a@b.c"}', 'key k-1 of a@b.c'],
    ['Using vars defined in .env\n{"type":"oauth","token":"o-1"}', 'token o-1'],
    ['{"type":"api_key","key":"k-1"}', undefined],
    ['{"type":"oauth","token":7}', undefined],
    ['{"type":"oauth"', undefined],
    ['"o-1"', undefined],
    ['null', undefined],
    ['', undefined],
  ])('%j', (stdout, credentials) => {
    expect(told(parseLogin(stdout))).toBe(credentials);
  });

  it('says in words why there is none, and never repeats what was printed', async () => {
    const answer = { ok: true as const, stdout: 'secret-but-no-json' };
    expect(await credentialsFromWrangler(fakeMachine({ disk: WRANGLER, answer }))).toEqual({
      absent: '`wrangler auth token` gave none: there is no token in its answer',
      wranglerInstalled: true,
    });
  });
});

describe('a token in the environment', () => {
  it('may have white space around it, as files and CI settings leave it', () => {
    const found = credentialsFromEnvironment({ CLOUDFLARE_API_TOKEN: ' tok\r\n' });
    expect(told(found?.value)).toBe('token tok');
  });

  it.each(['two words', 'a\nb', 'a\u0000b', 'naïve', ' '])('%j is refused unprinted', (text) => {
    const refused = expect.objectContaining({
      code: 'bad_credentials',
      outcome: 'access',
      message: expect.not.stringContaining(text.trim() || 'none'),
    });
    expect(() => credentialsFromEnvironment({ CLOUDFLARE_API_TOKEN: text })).toThrowError(refused);
  });

  it('shows in no log, template or JSON of what holds it', () => {
    const found = credentialsFromEnvironment({ CLOUDFLARE_API_TOKEN: 'tok-123' });
    const shown = [inspect(found, { depth: 9, showHidden: true }), JSON.stringify(found)];
    const value = found?.value;
    if (value?.kind === 'token') shown.push(`${value.token}`);
    expect(shown).toHaveLength(3);
    expect(shown.join()).not.toContain('tok-123');
  });
});
