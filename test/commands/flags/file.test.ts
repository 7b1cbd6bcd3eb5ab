import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { useEngine } from '../../engine.ts';
import { useFolder } from '../../folder.ts';
import { afterWrite, BUILT_IN, counted, flagStore, MINUTE, NOW } from './store.ts';

const engine = useEngine();
const folder = useFolder();

const { put, stored, document, clear, goblin } = flagStore(() => engine);
beforeEach(async () => {
  await clear();
});

const errorOf = (stderr: string) => JSON.parse(stderr.trim().split('\n').at(-1) ?? '').error;
const timers = { rollout: { until: NOW + 10 * MINUTE, then: false } };
const file = (flags: unknown, fingerprint?: string) =>
  JSON.stringify({ ...(fingerprint === undefined ? {} : { fingerprint }), flags });

describe('flags export', () => {
  it('prints all that is set, timers included, with a fingerprint', async () => {
    await put({ rollout: 25, api_enabled: true }, { metadata: { timers } });
    const { code, json, stderr } = await goblin('flags export');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(json()).toEqual({
      fingerprint: expect.stringMatching(/^[0-9a-f]{12}$/),
      flags: {
        rollout: { value: 25, until: '2026-01-01T00:10:00.000Z', then: false },
        api_enabled: true,
      },
    });
  });

  it('gives back what changes nothing, hostile names and default timers too', async () => {
    await put('{"__proto__":true,"a\\u001b":5}', {
      metadata: { timers: { ...timers, new_ui_enabled: { until: NOW + MINUTE, then: null } } },
    });
    const { stdout } = await goblin('flags export');
    expect(stdout).not.toContain('\x1b');
    const { code, stderr } = await goblin('flags plan - --prune', { stdin: stdout });
    expect({ code, stderr: stderr.split('\n').at(-2) }).toEqual({
      code: 0,
      stderr: 'Nothing would change.',
    });
  });

  it('has the same fingerprint whatever the order, and another for any change', async () => {
    const fingerprint = async (value: unknown, metadata?: unknown) => {
      await put(value, { metadata });
      return ((await goblin('flags export')).json() as { fingerprint: string }).fingerprint;
    };
    const same = await fingerprint({ a: 1, b: true });
    expect(await fingerprint({ b: true, a: 1 })).toBe(same);
    const others = [
      await fingerprint({ a: 1, b: false }),
      await fingerprint({ a: 1 }),
      await fingerprint({ a: 1, b: true }, { timers: { a: { until: NOW, then: null } } }),
    ];
    expect(new Set([same, ...others]).size).toBe(4);
  });

  it('is not CSV', async () => {
    expect((await goblin('flags export -o csv')).code).toBe(2);
  });
});

describe('flags plan', () => {
  it('shows what would change, and is exit 8', async () => {
    await put({ a: true, b: 5, c: true }, { metadata: { timers: { c: timers.rollout } } });
    const stdin = file({ a: 25, c: true, dark: false });
    const { code, json, stderr } = await goblin('flags plan - --json', { stdin });
    expect(code).toBe(8);
    expect(json()).toMatchObject([
      { flag: 'a', change: 'set', from: true, to: 25 },
      { flag: 'c', change: 'timer', from_until: '2026-01-01T00:10:00.000Z', to_until: null },
      { flag: 'dark', change: 'add', from: null, to: false },
    ]);
    expect(errorOf(stderr)).toMatchObject({
      code: 'flags_differ',
      message: '3 flags would change',
    });
  });

  it('takes out what the file leaves out only where it is told to', async () => {
    await put({ a: true, b: 5 });
    const stdin = file({ a: true });
    expect((await goblin('flags plan -', { stdin })).code).toBe(0);
    const { code, json } = await goblin('flags plan - --prune --json', { stdin });
    expect(code).toBe(8);
    expect(json()).toMatchObject([{ flag: 'b', change: 'remove', from: 5, to: null }]);
  });

  it('gives built-in flags that the file leaves out their defaults', async () => {
    await put({ a: true, api_enabled: true, new_ui_enabled: 25 });
    const { json } = await goblin('flags plan - --prune --json', { stdin: file({ a: true }) });
    expect(json()).toMatchObject([{ flag: 'new_ui_enabled', change: 'set', from: 25, to: false }]);
  });

  it('says that the stored flags have changed since the export', async () => {
    await put({ a: true });
    const stdin = file({ a: false }, '0123456789ab');
    const { code, stderr } = await goblin('flags plan -', { stdin });
    expect(code).toBe(8);
    expect(stderr).toContain('warning: the stored flags have changed since this file was exported');
  });

  it('never writes', async () => {
    const { methods, fetch } = counted();
    await goblin('flags plan -', { fetch, stdin: file({ api_enabled: false }) });
    expect(methods).toEqual(['POST']);
  });
});

describe('flags apply', () => {
  it('makes the flags what the file says, in one write, and lists what it did', async () => {
    await put({ keep: 5, a: true });
    const until = '2026-01-01T01:00:00+00:30';
    await writeFile(join(folder, 'flags.json'), file({ a: { value: 5, until, then: true }, b: 1 }));
    const { methods, fetch } = counted();
    const line = 'flags apply flags.json --yes --json';
    const { code, json, stderr } = await goblin(line, { cwd: folder, fetch });
    expect({ code, methods }).toEqual({ code: 0, methods: ['POST', 'POST', 'PUT', 'POST'] });
    expect(json()).toMatchObject([
      { flag: 'a', from: true, to: 5, to_until: '2026-01-01T00:30:00.000Z', result: 'changed' },
      { flag: 'b', change: 'add', to: 1, result: 'changed' },
    ]);
    expect(stderr).toContain('Edges follow within 60 s.');
    expect(await stored()).toEqual({
      value: JSON.stringify({ keep: 5, a: 5, b: 1, ...BUILT_IN }),
      metadata: { timers: { a: { until: NOW + 30 * MINUTE, then: true } } },
    });
  });

  it('is refused without --yes where nobody can be asked', async () => {
    const { code, stdout, stderr } = await goblin('flags apply -', {
      stdin: file({ b: 1 }, undefined),
    });
    expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
    expect(stderr).toContain('this would change 1 flag; nothing was changed');
    expect(await stored()).toBeNull();
  });

  it('writes nothing in a dry run', async () => {
    const { code, json } = await goblin('flags apply - --dry-run --json', {
      stdin: file({ b: 1 }),
    });
    expect(code).toBe(0);
    expect(json()).toMatchObject([{ flag: 'b', result: 'planned' }]);
    expect(await stored()).toBeNull();
  });

  it('has nothing to do the second time, whatever the fingerprint', async () => {
    await put({ a: true });
    const exported = (await goblin('flags export')).stdout;
    const stdin = exported.replace('"a": true', '"a": 5');
    expect((await goblin('flags apply - --yes', { stdin })).code).toBe(0);
    const again = await goblin('flags apply - --yes --json', { stdin });
    expect({ code: again.code, rows: again.json() }).toEqual({ code: 0, rows: [] });
  });

  it('is refused once the stored flags have changed since the export, unless it is to replace', async () => {
    await put({ a: true });
    const exported = (await goblin('flags export')).stdout;
    const stdin = exported.replace('"a": true', '"a": 5');
    await goblin('flags set api_enabled false --yes');
    const { code, stdout, stderr } = await goblin('flags apply - --yes --json', { stdin });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(errorOf(stderr)).toMatchObject({ code: 'flags_changed' });
    expect(await document()).toEqual({ a: true, ...BUILT_IN, api_enabled: false });
    expect((await goblin('flags apply - --yes --replace', { stdin })).code).toBe(0);
    expect(await document()).toEqual({ a: 5, ...BUILT_IN, api_enabled: false });
  });

  it('is not refused because a timer ran out since the export', async () => {
    await put({ a: true, rollout: 25 }, { metadata: { timers } });
    const stdin = (await goblin('flags export')).stdout.replace('"a": true', '"a": 5');
    const later = { stdin, now: NOW + 11 * MINUTE };
    expect((await goblin('flags apply - --yes', later)).code).toBe(0);
    const value = JSON.stringify({ a: 5, rollout: false, ...BUILT_IN });
    expect(await stored()).toEqual({ value, metadata: null });
  });

  it('is refused where the flags change while it is reviewed', async () => {
    await put({ a: true });
    let reads = 0;
    const { code, stderr } = await goblin('flags apply - --yes', {
      stdin: file({ a: false }),
      async fetch(url, init) {
        if (init.method === 'POST' && ++reads === 2) await put({ a: 5 });
        return fetch(url, init);
      },
    });
    expect(code).toBe(1);
    expect(stderr).toContain('the flags changed while this was reviewed');
    expect(await document()).toEqual({ a: 5 });
  });

  it('tells a concurrent edit that it finds on reading back', async () => {
    const fetch = afterWrite(() => put({ a: 7 }));
    const { code, stderr } = await goblin('flags apply - --yes', { stdin: file({ a: 5 }), fetch });
    expect(code).toBe(1);
    expect(stderr).toContain('a is 7% now, not 5%');
  });

  it('replaces a broken document only where it is told to', async () => {
    await put('oops');
    const stdin = file({ a: 5 });
    expect((await goblin('flags apply - --yes', { stdin })).code).toBe(1);
    expect((await stored())?.value).toBe('oops');
    expect((await goblin('flags apply - --yes --replace', { stdin })).code).toBe(0);
    expect(await document()).toEqual({ a: 5, ...BUILT_IN });
  });

  it('mends what is stored even where no flag changes', async () => {
    await put('oops');
    expect((await goblin('flags apply - --yes --replace', { stdin: file({}) })).code).toBe(0);
    expect(await document()).toEqual(BUILT_IN);
    await put({ a: 5 }, { ttl: 300 });
    expect((await goblin('flags plan -', { stdin: file({ a: 5 }) })).code).toBe(8);
    expect((await goblin('flags apply - --yes', { stdin: file({ a: 5 }) })).code).toBe(0);
    const value = JSON.stringify({ a: 5, ...BUILT_IN });
    expect(await stored()).toEqual({ value, metadata: null });
  });
});

describe('a flags file', () => {
  it.each([
    ['{"flags":{"a":"yes"}}', 'stdin: a is "yes"'],
    ['{"flags":{"a":101}}', 'stdin: a is 101'],
    ['{"flags":{"a":null}}', 'stdin: a is null'],
    ['{"flags":{"a":{"value":true,"until":"tomorrow","then":false}}}', 'stdin: a is {"value":true'],
    ['{"flags":{"a":{"value":true,"until":"2026-13-01T00:00:00Z"}}}', 'stdin: a is {"value":true'],
    ['{"flags":{"a":{"value":true,"untl":"2026-01-01T00:00:00Z"}}}', 'stdin: a is {"value":true'],
    ['{"flags":{"A":true}}', '"A" is not a valid name for a new flag'],
    ['{"flags":{"__proto__":true}}', '"__proto__" is not a valid name for a new flag'],
    ['{"api_enabled":true}', 'stdin holds no "flags"'],
    ['{"flags":[]}', 'stdin holds no "flags"'],
    ['null', 'stdin holds no "flags"'],
    ['{"flags":{},"fingerprnt":"x"}', 'stdin: unknown field "fingerprnt"'],
    ['{"flags":{},"fingerprint":5}', 'stdin: the fingerprint is not text'],
    ['{"flags":{', 'stdin is not JSON: '],
    ['', 'stdin is not JSON: '],
  ])('%s is refused with exit 2', async (stdin, message) => {
    const { code, stdout, stderr } = await goblin('flags apply - --yes --json', { stdin });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(errorOf(stderr).message).toContain(message);
    expect(await stored()).toBeNull();
  });

  it('that is not there is exit 2', async () => {
    const { code, stderr } = await goblin('flags plan nope.json', { cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toContain('cannot read nope.json: there is no such file');
  });

  it('that is a folder is exit 2', async () => {
    expect((await goblin('flags plan .', { cwd: folder })).code).toBe(2);
  });
});
