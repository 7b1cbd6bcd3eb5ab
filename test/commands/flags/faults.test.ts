import { beforeEach, describe, expect, it } from 'vitest';
import { useEngine } from '../../engine.ts';
import { afterWrite, BUILT_IN, counted, flagStore } from './store.ts';

const engine = useEngine();

const { put, stored, document, clear, goblin } = flagStore(() => engine);
beforeEach(async () => {
  await clear();
});

const errorOf = (stderr: string) => JSON.parse(stderr.trim().split('\n').at(-1) ?? '').error;

describe('a concurrent edit', () => {
  it('that took the change away is told: exit 1, and what is there now', async () => {
    await put({ new_ui_enabled: 5 });
    const fetch = afterWrite(() => put({ new_ui_enabled: 7 }));
    const { code, stdout, stderr } = await goblin('flags set new_ui_enabled true --json', {
      fetch,
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(errorOf(stderr)).toMatchObject({
      code: 'concurrent_edit',
      message: 'another edit came at the same time: new_ui_enabled is 7% now, not true',
      retryable: true,
    });
    expect(await document()).toEqual({ new_ui_enabled: 7 });
  });

  it('that took some of the changes away is exit 5, and names those', async () => {
    const fetch = afterWrite(() => put({ api_enabled: false, new_ui_enabled: true }));
    const line = 'flags disable api_enabled new_ui_enabled --yes';
    const { code, stderr } = await goblin(line, { fetch });
    expect(code).toBe(5);
    expect(stderr).toContain('same time: new_ui_enabled is true now, not false');
    expect(stderr).not.toContain('api_enabled is');
  });

  it('that left the change alone is no error, and is told', async () => {
    const fetch = afterWrite(() => put({ api_enabled: false, new_ui_enabled: 9 }));
    const { code, stderr } = await goblin('flags set api_enabled false --yes', { fetch });
    expect(code).toBe(0);
    expect(stderr).toContain('warning: another edit changed new_ui_enabled at the same time');
  });

  it('that deleted all flags is told, and the change is made on what is left', async () => {
    await put({ api_enabled: true, new_ui_enabled: 9 });
    let deletions = 0;
    const { code, stderr } = await goblin('flags set api_enabled false --yes', {
      fetch: afterWrite(async () => (deletions++ === 0 ? clear() : undefined)),
    });
    expect(code).toBe(0);
    expect(stderr).toContain('warning: another edit had replaced this one; it was written again');
    expect(await document()).toEqual({ ...BUILT_IN, api_enabled: false });
  });

  it('that comes again after every write is told in the end: exit 1', async () => {
    let edits = 0;
    const fetch = afterWrite(() => put({ new_ui_enabled: edits++ }));
    const { code, stderr } = await goblin('flags set api_enabled false --yes', { fetch });
    expect({ code, edits }).toEqual({ code: 1, edits: 8 });
    expect(stderr).toContain('same time: api_enabled is true now, not false');
  });

  it('that broke the document is told, even after an unset', async () => {
    await put({ old: true });
    const fetch = afterWrite(() => put('no JSON'));
    const { code, stderr } = await goblin('flags unset old', { fetch });
    expect(code).toBe(1);
    expect(stderr).toContain('another edit came at the same time');
  });
});

describe('reading back', () => {
  it('that still shows what was there before is no error: KV takes its time', async () => {
    await put({ new_ui_enabled: 5 });
    let first: Response | undefined;
    const { code, json, stderr } = await goblin('flags set new_ui_enabled 6 --json', {
      async fetch(url, init) {
        if (init.method !== 'POST') return fetch(url, init);
        first ??= await fetch(url, init);
        return first.clone();
      },
    });
    expect(code).toBe(0);
    expect(json()).toMatchObject({ value: 6 });
    expect(stderr).toContain('KV does not show the change yet');
    expect(await document()).toEqual({ ...BUILT_IN, new_ui_enabled: 6 });
  });

  it('that fails is exit 5: the change was sent', async () => {
    let reads = 0;
    const { code, stdout, stderr } = await goblin('flags set new_ui_enabled 6 --json', {
      async fetch(url, init) {
        if (init.method === 'POST' && ++reads > 1) return new Response('', { status: 500 });
        return fetch(url, init);
      },
    });
    expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
    expect(errorOf(stderr).message).toMatch(/^the flags were sent but not read back: /);
    expect(await document()).toEqual({ ...BUILT_IN, new_ui_enabled: 6 });
  });
});

describe('Ctrl-C while it waits to look again', () => {
  it('says that the flags are written: exit 130', async () => {
    const stop = new AbortController();
    const { code, stderr } = await goblin('flags set new_ui_enabled 6', {
      signal: stop.signal,
      onSleep: () => stop.abort(),
    });
    expect(code).toBe(130);
    expect(stderr).toContain('interrupted: the flags are written, but not checked for other edits');
    expect(await document()).toEqual({ ...BUILT_IN, new_ui_enabled: 6 });
  });
});

describe('a refused write', () => {
  it('is what the API says, and leaves the flags as they were', async () => {
    await put({ new_ui_enabled: 5 });
    const { code, stdout, stderr } = await goblin('flags set new_ui_enabled 6 --json', {
      async fetch(url, init) {
        if (init.method !== 'PUT') return fetch(url, init);
        return Response.json({ success: false, errors: [{ code: 10000 }] }, { status: 403 });
      },
    });
    expect({ code, stdout, error: errorOf(stderr).code }).toEqual({
      code: 4,
      stdout: '',
      error: 'no_permission',
    });
    expect(stderr).not.toContain('→');
    expect(await document()).toEqual({ new_ui_enabled: 5 });
  });
});

describe.each([
  ['no JSON', 'oops\x1b[2J', 'it is not JSON: oops\\x1b[2J'],
  ['a list', '[1,2]', 'it is not a JSON object: [1,2]'],
  ['null', 'null', 'it is not a JSON object: null'],
  ['nothing', '', 'it is not JSON: '],
  ['a megabyte', JSON.stringify('x'.repeat(2 ** 20)), 'it is too large for flags: 1048578 bytes'],
])('a document that is %s', (_, text, problem) => {
  const writing = [
    'flags set api_enabled false --yes',
    'flags enable new_ui_enabled',
    'flags unset api_enabled',
    'flags export',
  ];

  it('is told by list, which shows the defaults as the edge does', async () => {
    await put(text);
    const { code, stdout, stderr } = await goblin('flags list');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^api_enabled +true +default$/m);
    expect(stderr).toContain(`so the edge takes defaults: ${problem}\n`);
    expect(stderr).toContain('goblin kv get feature_flags');
  });

  it.each(writing)('is refused by %s, and kept', async (line) => {
    await put(text);
    const before = await stored();
    const { methods, fetch } = counted();
    const { code, stdout, stderr } = await goblin(line, { fetch });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(problem);
    expect(stderr).toContain('--replace');
    expect(methods).not.toContain('PUT');
    expect(await stored()).toEqual(before);
  });
});

it('a document of bytes that are no text is told and kept', async () => {
  const bytes = new Uint8Array([0x7b, 0xff, 0x7d]);
  await engine.kv('/values/feature_flags', { method: 'PUT', body: bytes });
  expect((await goblin('flags list')).stderr).toContain('it holds bytes that are not text');
  expect((await goblin('flags set api_enabled false --yes')).code).toBe(1);
  const kept = await engine.kv('/values/feature_flags');
  expect(new Uint8Array(await kept.arrayBuffer())).toEqual(bytes);
});
