import { describe, expect, it, vi } from 'vitest';

/** The endpoint of a path in a new isolate, or in the same one. */
async function newNaming() {
  vi.resetModules();
  const { endpointOf } = await import('../../worker/src/d1/endpoints.ts');
  return (path: string, isFound = true, bearer = '') =>
    endpointOf({ path, bearer } as never, isFound);
}

describe('an endpoint', () => {
  it.each([
    ['/', '/'],
    ['', '/'],
    ['/chat/', '/chat'],
    ['/api/v1/models/gpt-4', '/api/v1/models/gpt-4'],
    ['/oauth2/token', '/oauth2/token'],
    ['/api/v12/things/42', '/api/v12/things/:id'],
    ['/users/u_42/posts/7', '/users/:id/posts/:id'],
    ['/o/0b5f1c1e-7a0e-4c5b-9e9a-0d1f00c0ffee', '/o/:id'],
    ['/o/deadbeef01', '/o/:id'],
    ['/u/a@b.c', '/u/:id'],
    ['/u/%61lice', '/u/:id'],
    ['/u/ali\u0000ce', '/u/:id'],
    ['/reset/kq3vJ8Xw2nR5tY7uB1mC4zL6pS9dF0gHaKeQiWoTxEV', '/reset/:id'],
    [`/x/${'a'.repeat(33)}`, '/x/:id'],
    ['/a/b/c/d/e/f/g/h/i/j', '/a/b/c/d/e/f/g/h'],
    ["/x';DROP TABLE api_usage;--", '/:id'],
  ])('of %s is %s', async (path, expected) => {
    expect((await newNaming())(path)).toBe(expected);
  });

  it('never shows the bearer', async () => {
    const endpointOf = await newNaming();
    expect(endpointOf('/reset/topsecretword', true, 'topsecretword')).toBe('/reset/:id');
  });

  it('has few names below the same path, so that ids that look like words are masked', async () => {
    const endpointOf = await newNaming();
    const letters = (i: number) => String.fromCharCode(97 + (i % 26), 97 + Math.floor(i / 26));
    const found = new Set<string>();
    for (let i = 0; i < 600; i++) found.add(endpointOf(`/users/${letters(i)}/posts`));
    expect(found.size).toBe(31);
    expect(endpointOf('/users/zoe/posts')).toBe('/users/:id/posts');
    expect(endpointOf('/orders')).toBe('/orders');
  });

  it('learns nothing of what is not found', async () => {
    const endpointOf = await newNaming();
    endpointOf('/api/things');
    for (const path of ['/wp-admin', '/api/secrets', '/.env']) {
      expect(endpointOf(path, false)).toMatch(/^(\/api)?\/:id$/);
    }
    expect(endpointOf('/api/things', false)).toBe('/api/things');
    expect(endpointOf('/wp-admin')).toBe('/wp-admin');
  });

  it('is one of a bounded number, whatever is asked for', async () => {
    const endpointOf = await newNaming();
    const word = (n: number) =>
      n.toString(26).replace(/\d/g, (digit) => 'qrstuvwxyz'[Number(digit)] ?? '');
    const found = new Set<string>();
    for (let i = 0; i < 50_000; i++) {
      found.add(endpointOf(`/${word((i * 7919) % 90)}/${word(i % 997)}/${word(i % 389)}`));
    }
    expect(found.size).toBeLessThan(2500);
  });
});
