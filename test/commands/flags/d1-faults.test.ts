/** Flags through D1 where D1, KV or the run itself goes wrong on the way. */
import { beforeEach, describe, expect, it } from 'vitest';
import {
  answering,
  cutOff,
  dieAfter,
  dieBefore,
  dyingAt,
  type Fault,
  faulty,
} from '../../faults.ts';
import type { Fetch } from '../../memory-api.ts';
import { useTables } from '../../tables/d1.ts';
import { flagTables } from './d1-flags.ts';
import { BUILT_IN } from './store.ts';

const d1 = useTables('');
const { goblin, empty, flags, changes, row, put, entire, document } = flagTables(() => d1);
beforeEach(async () => {
  await empty();
  await row('a', 0, 0);
});

const network: Fetch = (url, init) => fetch(url, init);
/** The fault for the nth request to D1. */
const atQuery = (nth: number, fault: Fault): Fetch => {
  let queries = 0;
  return faulty(network, ({ path }) =>
    path.endsWith('/query') && ++queries === nth ? fault : undefined,
  );
};
const atKvWrites = (fault: Fault): Fetch =>
  faulty(network, ({ method }) => (method === 'PUT' ? fault : undefined));
const forbidden = answering({
  status: 403,
  body: '{"success":false,"errors":[{"code":10000,"message":"no"}],"result":null}',
});
const lost500 = answering({ status: 500, body: 'oops', type: 'text/plain', applied: true });

describe('a projection that fails after D1 was written', () => {
  it('is exit 5, said plainly, and the next command heals it and says so', async () => {
    await put({ ...BUILT_IN, a: false }, { metadata: { version: 1, timers: {} }, ttl: 300 });
    const { code, stderr } = await goblin('flags set a true --json', {
      fetch: atKvWrites(forbidden),
    });
    expect(code).toBe(5);
    expect(JSON.parse(stderr.trim().split('\n').at(-1) ?? '').error).toMatchObject({
      code: 'not_projected',
      message: expect.stringContaining('the flags are stored in D1, but KV may not hold them yet'),
    });
    expect((await flags()).a).toMatchObject({ value: true, version: 2 });
    expect(await document()).toMatchObject({ a: false });
    const next = await goblin('flags list');
    expect(next).toMatchObject({ code: 0, stderr: expect.stringContaining('now it does') });
    expect(await document()).toEqual({ ...BUILT_IN, a: true });
    expect((await goblin('flags list')).stderr).toBe('');
  });

  it('is healed by the same command again, which changes nothing else', async () => {
    await put({ ...BUILT_IN, a: false }, { metadata: { version: 1, timers: {} }, ttl: 300 });
    await goblin('flags set a true', { fetch: atKvWrites(forbidden) });
    const again = await goblin('flags set a true');
    expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('now it does') });
    expect(await document()).toMatchObject({ a: true });
    expect(await changes()).toHaveLength(1);
  });

  it('is no error of a command that only looks, where KV cannot be written', async () => {
    await put({ ...BUILT_IN, a: true }, { metadata: { version: 9, timers: {} }, ttl: 300 });
    const denied = await goblin('flags list', { fetch: atKvWrites(forbidden) });
    expect(denied).toMatchObject({ code: 0, stderr: expect.stringContaining('KV may not hold') });
    const readOnly = await goblin('flags list --read-only');
    expect(readOnly).toMatchObject({ code: 0, stderr: expect.stringContaining('KV may not hold') });
    expect(await document()).toMatchObject({ a: true });
  });
});

it('a document that does not expire is replaced: it would hide all later changes of D1', async () => {
  await put({ ...BUILT_IN, a: false });
  expect((await goblin('flags list')).stderr).toContain('now it does');
  expect((await entire())?.expiration).toBeDefined();
});

describe('a write of D1 whose answer is lost', () => {
  it.each<[string, Fault]>([
    ['a 500', lost500],
    ['a broken connection', dieAfter],
    ['half an answer', cutOff],
  ])('after %s is found in the history, and never made twice', async (_, fault) => {
    const { code } = await goblin('flags set a 25 -m why', { fetch: atQuery(2, fault) });
    expect(code).toBe(0);
    expect(await changes()).toMatchObject([{ version: 2, reason: 'why' }]);
    expect(await document()).toMatchObject({ a: 25 });
  });

  it.each<[string, Fault]>([
    ['a 500', answering({ status: 500, body: 'oops', type: 'text/plain' })],
    ['a broken connection', dieBefore],
  ])('after %s and was not carried out is said to be so', async (_, fault) => {
    const { code, stderr } = await goblin('flags set a 25', { fetch: atQuery(2, fault) });
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the flags were not changed: '),
    });
    expect([await changes(), await entire()]).toEqual([[], null]);
  });

  it('is told to be in doubt where D1 does not answer any more', async () => {
    let queries = 0;
    const fetch = faulty(network, ({ path }) => {
      if (!path.endsWith('/query') || ++queries < 2) return undefined;
      return queries === 2 ? lost500 : dieBefore;
    });
    const { code, stderr } = await goblin('flags set a 25', { fetch });
    expect(code).toBe(1);
    expect(stderr).toContain('may or may not have been applied');
    expect((await goblin('flags list')).code).toBe(0);
  });

  it('is not taken for an equal one before the flag was removed', async () => {
    await goblin('flags set b 5 --create');
    await goblin('flags unset b');
    const fault = answering({ status: 500, body: 'oops', type: 'text/plain' });
    const { code, stderr } = await goblin('flags set b 5 --create', { fetch: atQuery(2, fault) });
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('not changed'),
    });
    expect((await flags()).b).toBeUndefined();
  });
});

describe('a run that dies at any request', () => {
  it.each([
    [1, dieBefore],
    [2, dieBefore],
    [2, dieAfter],
    [3, dieBefore],
    [3, dieAfter],
  ])('number %i leaves a whole state, which the next one finishes', async (at, fault) => {
    await put({ ...BUILT_IN, a: false }, { metadata: { version: 1, timers: {} }, ttl: 300 });
    await goblin('flags set a true', { fetch: dyingAt(network, at, fault) });
    expect((await goblin('flags list')).code).toBe(0);
    const { value, version } = (await flags()).a ?? {};
    expect(await document()).toEqual({ ...BUILT_IN, a: value });
    expect(await changes()).toHaveLength(value ? 1 : 0);
    expect(version).toBe(value ? 2 : 1);
    expect((await goblin('flags set a true')).code).toBe(0);
    expect(await document()).toEqual({ ...BUILT_IN, a: true });
    expect(await changes()).toHaveLength(1);
  });
});

it('D1 that is down is said so, and nothing is written to KV', async () => {
  const down = answering({
    status: 503,
    body: '{"success":false,"errors":[{"code":7500,"message":"D1 DB is overloaded. Too many requests queued."}]}',
  });
  const fetch = faulty(network, ({ path }) => (path.endsWith('/query') ? down : undefined));
  const { code, stderr } = await goblin('flags set a true', { fetch });
  expect({ code, stderr }).toMatchObject({ code: 7, stderr: expect.stringContaining('waiting') });
  expect(await entire()).toBeNull();
});

it('a reason that is too long is refused before anything is asked', async () => {
  const line = ['flags', 'set', 'a', 'true', '-m', '😀'.repeat(501)];
  expect((await goblin(line)).code).toBe(2);
  expect((await goblin(['flags', 'set', 'a', 'true', '-m', ' '])).code).toBe(2);
});

describe('the audit row of a change of flags', () => {
  const audited = () => d1.rows('SELECT action, target, outcome FROM audit_logs ORDER BY id');
  const entry = (outcome: string) => ({ action: 'flags.set', target: 'a', outcome });
  beforeEach(() => d1.query({ sql: 'DELETE FROM audit_logs' }));

  it('is part of the change: one row, also where the answer is lost', async () => {
    const fetch = atQuery(2, lost500);
    expect((await goblin('flags set a true', { fetch })).code).toBe(0);
    expect(await audited()).toEqual([entry('done')]);
  });

  it('says that a change failed that D1 refused', async () => {
    expect((await goblin('flags set a true', { fetch: atQuery(2, forbidden) })).code).toBe(4);
    expect(await audited()).toEqual([entry('failed')]);
  });

  it('is followed by one that says what failed after the change', async () => {
    await goblin('flags set a true', { fetch: atKvWrites(forbidden) });
    expect(await audited()).toEqual([entry('done'), entry('partial')]);
  });

  it('is for the rows of several flags changed at once, too', async () => {
    await row('b', 0, 0);
    expect((await goblin('flags enable a b')).code).toBe(0);
    expect(await audited()).toEqual([{ action: 'flags.enable', target: null, outcome: 'done' }]);
  });

  it('does not keep a flag from being changed where the table does not take it', async () => {
    await d1.query({ sql: 'ALTER TABLE audit_logs RENAME TO kept' });
    const { code, stderr } = await goblin('flags set a true');
    await d1.query({ sql: 'ALTER TABLE kept RENAME TO audit_logs' });
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('this change is not in the audit log: '),
    });
    expect((await flags()).a).toMatchObject({ value: true });
    expect(await changes()).toHaveLength(1);
    expect(await audited()).toEqual([]);
  });
});
