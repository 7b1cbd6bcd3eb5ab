import { describe, expect, it } from 'vitest';
import { newToken } from '../../src/shards/session-token.ts';
import { maskPath } from '../../worker/src/mask-path.ts';

describe('a path that is stored', () => {
  it.each([
    `/sessions/${newToken('u_42')}`,
    `/sessions/${newToken('名')}`,
    '/sessions/3f2504e0-4f89-41d3-9a0c-0305e82c3301',
    '/reset/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N',
    '/reset/kq3vJ8Xw2nR5tY7uB1mC4zL6pS9dF0gH',
    '/reset/aGVsbG8gd29ybGQgaGVsbG8gd29ybGQ',
    '/keys/ghp_16C7e42F292c6912E7710c838347Ae178B4a',
    `/x/${'a%2F'.repeat(3)}${newToken('u_1')}/y`,
  ])('has no token: %s', (path) => {
    const masked = maskPath(path, '');
    expect(masked).toContain('/[token]');
    expect(masked).not.toMatch(/[a-z\d]{20}|[\da-f]{4}-/i);
  });

  it.each([
    '/',
    '/models/claude-3-5-sonnet-20241022',
    '/models/gpt-4o-mini-2024-07-18',
    '/articles/how-to-train-a-goblin-in-2026',
    '/users/u_42/conversations/1767222000123',
    '/v1/internationalization',
    '//a%20b/',
  ])('is kept otherwise: %s', (path) => {
    expect(maskPath(path, 'chat')).toBe(path);
  });

  it('does not repeat the token of the request, whatever that looks like', () => {
    expect(maskPath('/sessions/my-own-token/end', 'my-own-token')).toBe('/sessions/[token]/end');
  });
});
