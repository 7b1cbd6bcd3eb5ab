/** Flags through D1: the database is the source of truth, KV holds its projection. */
import { beforeEach, describe, expect, it } from 'vitest';
import { useTables } from '../../tables/d1.ts';
import { flagTables } from './d1-flags.ts';
import { BUILT_IN, counted, MINUTE, NOW } from './store.ts';

const d1 = useTables('');
const { goblin, empty, flags, changes, row, put, entire, document } = flagTables(() => d1);
beforeEach(empty);

describe('a flag that is set', () => {
  it('is in D1 with its change, and all flags are in KV for five minutes', async () => {
    await row('beta', 1, 25, 3);
    const { code, stderr, stdout } = await goblin([
      ...'flags set new_ui_enabled true --json -m'.split(' '),
      "it's; DROP TABLE feature_flags -- 😀",
    ]);
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('new_ui_enabled: not set (false) → true'),
    });
    expect(JSON.parse(stdout)).toMatchObject({ flag: 'new_ui_enabled', value: true, source: 'd1' });
    expect(await flags()).toMatchObject({
      beta: { value: 25, version: 3 },
      new_ui_enabled: { value: true, version: 1, updated_by: 'alice' },
    });
    expect(await changes()).toMatchObject([
      {
        flag_name: 'new_ui_enabled',
        version: 1,
        changed_by: 'alice',
        reason: "it's; DROP TABLE feature_flags -- 😀",
      },
    ]);
    expect(await document()).toEqual({ ...BUILT_IN, new_ui_enabled: true, beta: 25 });
    const { metadata, expiration = 0 } = (await entire()) ?? {};
    expect(metadata).toEqual({ version: 4, timers: {} });
    expect(expiration - Date.now() / 1000).toBeGreaterThan(280);
    expect(expiration - Date.now() / 1000).toBeLessThan(302);
  });

  it('takes three requests, the audit row included', async () => {
    await row('beta', 1, 25);
    const { methods, fetch } = counted();
    expect((await goblin('flags set beta true', { fetch })).code).toBe(0);
    expect(methods).toEqual(['POST', 'POST', 'PUT']);
    const [entry] = await d1.rows('SELECT * FROM audit_logs ORDER BY id DESC LIMIT 1');
    expect(entry).toMatchObject({
      user_id: 'alice',
      action: 'flags.set',
      target: 'beta',
      outcome: 'done',
      source: 'cli',
    });
  });

  it('is counted by -v: requests, and rows of D1 read and written', async () => {
    await row('beta', 1, 25);
    const { stderr } = await goblin('flags set beta true -v');
    expect(stderr).toMatch(/^3 requests · .*1 write .*\d+ D1 rows read · \d+ D1 rows written/m);
  });

  it('has its timer in D1 and in the metadata', async () => {
    await row('beta', 0, 0);
    await goblin('flags set beta true --for 30m');
    const timer = { until: NOW + 30 * MINUTE, then: false };
    expect((await flags()).beta).toMatchObject({ value: true, timer });
    expect((await entire())?.metadata).toMatchObject({ timers: { beta: timer } });
    const later = { now: NOW + 31 * MINUTE };
    expect((await goblin('flags get beta --json', later)).json()).toMatchObject({ value: false });
    await goblin('flags set beta 10', later);
    expect((await flags()).beta).toMatchObject({ value: 10, timer: null, version: 3 });
  });

  it('writes nothing where nothing changes, or in a dry run', async () => {
    await row('beta', 1, 100);
    const same = await goblin('flags set beta true');
    expect(same.stderr).toContain('Nothing to change: beta is true.');
    const dry = await goblin('flags set beta false --dry-run');
    expect(dry.stderr).toContain('Would change beta: true → false');
    expect([await changes(), await entire()]).toEqual([[], null]);
  });

  it('is refused as before: unknown names, and a lockout that nobody agreed to', async () => {
    expect((await goblin('flags set nope true')).code).toBe(2);
    expect((await goblin('flags set api_enabled false')).code).toBe(6);
    expect(await changes()).toEqual([]);
    expect((await goblin('flags set api_enabled false --yes')).code).toBe(0);
    expect(await document()).toEqual({ ...BUILT_IN, api_enabled: false });
  });

  it('may have a name of every character that D1 took from elsewhere', async () => {
    const name = `"'; --%😀\\${'x'.repeat(500)}`;
    await row(name, 1, 100);
    expect((await goblin(['flags', 'set', name, '30'])).code).toBe(0);
    expect((await flags())[name]).toMatchObject({ value: 30, version: 2 });
    expect((await goblin(['flags', 'unset', name])).code).toBe(0);
    expect(await flags()).toEqual({});
    expect((await goblin(['flags', 'rollback', name, '--to', '2'])).code).toBe(0);
    expect(((await document()) as Record<string, unknown>)[name]).toBe(30);
  });
});

describe('several flags', () => {
  it('are changed in one transaction, or none of them', async () => {
    await row('a', 0, 0);
    await row('b', 0, 0);
    expect((await goblin('flags enable a b')).code).toBe(0);
    expect(await flags()).toMatchObject({ a: { version: 2 }, b: { version: 2, value: true } });
    let writes = 0;
    const { code, stderr } = await goblin('flags disable a b', {
      fetch: async (url, init) => {
        if (url.endsWith('/query') && ++writes === 2) {
          await d1.query({ sql: "UPDATE feature_flags SET version = 9 WHERE flag_name = 'b'" });
        }
        return fetch(url, init);
      },
    });
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('b is true now, not false'),
    });
    expect(await flags()).toMatchObject({ a: { version: 2, value: true }, b: { value: true } });
    expect(await changes()).toHaveLength(2);
  });

  it('come from a file as they do without D1', async () => {
    await row('a', 1, 100);
    await row('b', 1, 100);
    const stdin = JSON.stringify({
      flags: { a: 10, c: { value: true, until: '2026-01-01T01:00:00Z', then: null } },
    });
    const { code } = await goblin('flags apply - --prune --yes -m cleanup', { stdin });
    expect(code).toBe(0);
    expect(await flags()).toMatchObject({
      a: { value: 10, version: 2 },
      c: { value: true, timer: { then: null } },
    });
    expect((await flags()).b).toBeUndefined();
    expect(await document()).toEqual({ ...BUILT_IN, a: 10, c: true });
  });
});

describe('a database without flags', () => {
  it('says nothing: the document in KV holds, and the first change brings all of it along', async () => {
    const timer = { until: NOW + MINUTE, then: 5 };
    await put({ ...BUILT_IN, old: 40, odd: 'yes' }, { metadata: { timers: { old: timer } } });
    const listed = (await goblin('flags list --json')).json() as { flag: string; value: unknown }[];
    expect(listed.find(({ flag }) => flag === 'old')?.value).toBe(40);
    expect((await entire())?.expiration).toBeUndefined();
    expect((await goblin('flags set new_ui_enabled 1')).code).toBe(0);
    expect(await flags()).toMatchObject({
      old: { value: 40, timer },
      api_enabled: { value: true },
      new_ui_enabled: { value: 1 },
    });
    expect(await document()).toEqual({ ...BUILT_IN, new_ui_enabled: 1, old: 40 });
  });

  it('does not get back what was removed from it by a run that was killed', async () => {
    await put({ ...BUILT_IN, gone: true }, { metadata: { version: 3, timers: {} }, ttl: 300 });
    const { stderr, code } = await goblin('flags get gone');
    expect(code).toBe(3);
    expect(stderr).toContain('now it does');
    expect(await document()).toEqual(BUILT_IN);
  });

  it('and without a table leaves the flags to KV, which it says', async () => {
    await d1.query({ sql: 'ALTER TABLE feature_flags RENAME TO elsewhere' });
    try {
      const { code, stderr } = await goblin('flags set new_ui_enabled true');
      expect(code).toBe(0);
      expect(stderr).toContain('has no table of flags, so the flags are in KV alone');
      expect((await entire())?.expiration).toBeUndefined();
      const described = await goblin('flags describe new_ui_enabled --owner web');
      expect(described).toMatchObject({ code: 4, stderr: expect.stringContaining('kept in D1') });
    } finally {
      await d1.query({ sql: 'ALTER TABLE elsewhere RENAME TO feature_flags' });
    }
  });
});

describe('a flag of the first generation', () => {
  it('is on for everybody, which is shown, until its percentage is set', async () => {
    await row('beta', 1, 10, 0);
    const listed = await goblin('flags list --json');
    expect(listed.json()).toContainEqual(
      expect.objectContaining({
        flag: 'beta',
        value: true,
        problem: 'on for everybody: its old rollout of 10% is ignored until it is set',
      }),
    );
    const { stderr } = await goblin('flags set beta true');
    expect(stderr).toContain('beta: its old rollout of 10%, which was ignored, is dropped');
    expect((await flags()).beta).toMatchObject({ value: true, version: 1, ignored_rollout: null });
    await goblin('flags set beta 10');
    expect((await flags()).beta).toMatchObject({ value: 10, version: 2 });
  });
});

describe('the copy in KV that is written by hand', () => {
  const WARNING = 'feature_flags is a copy of the flags in D1';

  it('is warned of by kv put and kv edit', async () => {
    await row('beta', 1, 25);
    const put = await goblin(['kv', 'put', 'feature_flags', '{"beta":true}', '--no-expire']);
    expect([put.code, put.stderr]).toEqual([0, expect.stringContaining(WARNING)]);
    const env = { GOBLIN_ACTOR: 'alice', EDITOR: 'true' };
    const edit = await goblin('kv edit feature_flags', { env });
    expect(edit.stderr).toContain(WARNING);
  });

  it('is not warned of where D1 has no flags, cannot be read, or another key is written', async () => {
    const line = ['kv', 'put', 'feature_flags', '{}', '--no-expire'];
    expect((await goblin(line)).stderr).not.toContain(WARNING);
    await row('beta', 1, 25);
    expect((await goblin(['kv', 'put', 'other', '{}', '--no-expire'])).stderr).not.toContain(
      WARNING,
    );
    const down = await goblin(line, {
      fetch: async (url, init) =>
        url.includes('/d1/') ? new Response('down', { status: 503 }) : fetch(url, init),
    });
    expect([down.code, down.stderr]).toEqual([0, expect.not.stringContaining(WARNING)]);
  });
});
