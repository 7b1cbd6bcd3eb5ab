import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AuditEntry, insertAudit } from '../../../src/tables/audit.ts';
import { DATABASE } from '../../local/d1.ts';
import { type RunOptions, run } from '../../run.ts';
import { startTables, type Tables } from '../../tables/d1.ts';

let d1: Tables;
beforeAll(async () => {
  d1 = await startTables('');
});
afterAll(() => d1.engine.dispose());
beforeEach(() => d1.query({ sql: 'DELETE FROM audit_logs' }));

const BOUND = { GOBLIN_DATABASE: DATABASE.id, GOBLIN_ACTOR: 'alice' };
const goblin = (line: string | readonly string[], options: RunOptions = {}) =>
  run(line, { engine: d1.engine, ...options, env: { ...BOUND, ...options.env } });
const audited = async () =>
  (await d1.rows('SELECT * FROM audit_logs ORDER BY id')).map(({ details, ...row }) => ({
    ...row,
    details: JSON.parse(String(details)),
  }));
const write = (...entries: Partial<AuditEntry>[]) =>
  d1.run(
    insertAudit(entries.map((each) => ({ actor: 'bob', action: 'x', source: 'cli', ...each }))),
  );

describe('every changing command writes its audit row', () => {
  it.each([
    ['kv put note hello', 'kv.put', 'note'],
    ['kv put session:very-secret {}', 'kv.put', /^session:s_[0-9a-f]{10}$/],
    ['kv delete session:very-secret --yes', 'kv.delete', /^session:s_[0-9a-f]{10}$/],
    ['kv delete note --yes', 'kv.delete', 'note'],
    ['ratelimit block 203.0.113.9 --for 1h', 'ratelimit.block', '203.0.113.9'],
    ['ratelimit reset 203.0.113.9 --yes', 'ratelimit.reset', '203.0.113.9'],
    ['flags set new_ui_enabled true --no-verify', 'flags.set', 'new_ui_enabled'],
    ['sessions create --user u_1', 'sessions.create', /^s_[0-9a-f]{10}$/],
    ['sessions revoke --user u_1 --yes', 'sessions.revoke', /^s_[0-9a-f]{10}$/],
  ])('%s', async (line, action, target) => {
    expect((await goblin(line)).code).toBe(0);
    expect(await audited()).toMatchObject([
      {
        user_id: 'alice',
        action,
        target: typeof target === 'string' ? target : expect.stringMatching(target),
        outcome: 'done',
        source: 'cli',
        details: { actor_from: 'GOBLIN_ACTOR' },
      },
    ]);
  });

  it('an import too', async () => {
    const stdin = '{"key":"a","value":"1"}\n{"key":"b","value":"2"}\n';
    expect((await goblin('kv import - --on-conflict overwrite --yes', { stdin })).code).toBe(0);
    expect(await audited()).toMatchObject([
      { action: 'kv.import', target: null, details: { written: 2 } },
    ]);
  });

  it('with the names of several things, and never a token', async () => {
    const created = await goblin('sessions create --user u_2 --json');
    const { token } = created.json() as { token: string };
    await goblin('sessions create --user u_2');
    await goblin('sessions revoke --user u_2 --yes');
    const rows = await audited();
    expect(rows.at(-1)).toMatchObject({ action: 'sessions.revoke', target: null });
    expect(rows.at(-1)?.details.targets).toHaveLength(2);
    expect(token.length).toBeGreaterThan(20);
    expect(JSON.stringify(rows)).not.toContain(token);
  });

  it('of whoever --actor names, and keeps hostile names as text', async () => {
    const actor = `o'; DROP TABLE audit_logs;--😀`;
    await goblin(['--actor', actor, 'kv', 'put', `k'"😀`, 'v']);
    expect(await audited()).toMatchObject([
      { user_id: actor, target: `k'"😀`, details: { actor_from: '--actor' } },
    ]);
  });

  it('of a change that failed', async () => {
    const refuse: NonNullable<RunOptions['fetch']> = async (url, init) =>
      url.includes('/bulk') && init.method === 'PUT'
        ? Response.json(
            { success: false, errors: [{ code: 10000, message: 'no' }], result: null },
            { status: 403 },
          )
        : fetch(url, init);
    expect((await goblin('kv put k v', { fetch: refuse })).code).not.toBe(0);
    expect(await audited()).toMatchObject([{ action: 'kv.put', outcome: 'failed' }]);
  });

  it('but not of a dry run, a refused question or a command that only reads', async () => {
    await goblin('kv delete x --dry-run');
    await goblin('kv delete a --dry-run');
    await goblin('kv delete a');
    await goblin('flags set new_ui_enabled false --dry-run');
    await goblin('kv list');
    expect(await audited()).toEqual([]);
  });
});

describe('where the row cannot be written', () => {
  const downFor = (path: string): NonNullable<RunOptions['fetch']> => {
    return async (url, init) =>
      url.includes(path) ? new Response('down', { status: 503 }) : fetch(url, init);
  };

  it('the command has done its work and warns', async () => {
    const { code, stderr } = await goblin('kv put k v', { fetch: downFor('/d1/') });
    expect(code).toBe(0);
    expect(stderr).toMatch(/this change (is not|may not be) in the audit log: /);
    expect(await audited()).toEqual([]);
  });

  it('without a database no request is made and nothing is said', async () => {
    const urls: string[] = [];
    const { code, stderr } = await run('kv put k v', {
      engine: d1.engine,
      fetch: async (url, init) => {
        urls.push(url);
        return fetch(url, init);
      },
    });
    expect([code, stderr.includes('audit')]).toEqual([0, false]);
    expect(urls.filter((url) => url.includes('/d1/'))).toEqual([]);
    expect(await audited()).toEqual([]);
  });
});

describe('audit list', () => {
  beforeEach(() =>
    write(
      { action: 'kv.put', target: 'a' },
      { action: 'kv.put', target: 'b', actor: 'carol' },
      { action: 'flags.set', target: 'a', outcome: 'failed' },
    ),
  );
  const targets = async (line: string) => {
    const { code, json } = await goblin(`audit list --json ${line}`);
    expect(code).toBe(0);
    return (json() as { action: string; target: string }[]).map((row) => row.action + row.target);
  };

  it('shows the newest first, narrowed by each filter', async () => {
    expect(await targets('')).toEqual(['flags.seta', 'kv.putb', 'kv.puta']);
    expect(await targets('--action kv.put')).toEqual(['kv.putb', 'kv.puta']);
    expect(await targets('--actor carol')).toEqual(['kv.putb']);
    expect(await targets('--target a -n 1')).toEqual(['flags.seta']);
    expect(await targets('--since 1h --until 2099-01-01')).toHaveLength(3);
    expect(await targets('--since 2020-01-01 --until 1h')).toEqual([]);
    expect(await targets(`--target "a' OR 1=1 --"`)).toEqual([]);
  });

  it('goes on by --before', async () => {
    const { stderr, json } = await goblin('audit list --json -n 2');
    const [, last] = json() as { id: number }[];
    expect(stderr).toContain(`--before ${last?.id}`);
    expect(await targets(`--before ${last?.id}`)).toEqual(['kv.puta']);
  });

  it('reads more than one page without a gap', async () => {
    await write(...Array.from({ length: 2100 }, (_, i) => ({ target: `t${i}` })));
    const all = await targets('-n 5000');
    expect(all).toHaveLength(2103);
    expect(new Set(all.slice(0, 2100)).size).toBe(2100);
  });

  it('refuses a window that ends before it begins, and says where D1 is missing', async () => {
    expect((await goblin('audit list --since 1h --until 2h')).code).toBe(2);
    const without = await run('audit list', { engine: d1.engine });
    expect([without.code, without.stderr]).toEqual([
      4,
      expect.stringContaining('wrangler d1 create'),
    ]);
  });
});

describe('audit tail and stats', () => {
  it('tail shows the newest last and follows what comes', async () => {
    await write({ target: 'one' }, { target: 'two' });
    let looks = 0;
    const { stdout } = await goblin('audit tail -f -n 1 --max 3 -o ndjson', {
      onSleep: async () => {
        looks++;
        if (looks === 1) await write({ target: 'three' }, { target: 'four' });
      },
    });
    const seen = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).target);
    expect(seen).toEqual(['two', 'three', 'four']);
  });

  it('stats counts by a field', async () => {
    await write({ action: 'a' }, { action: 'a' }, { action: 'b', actor: 'carol' });
    const byAction = await goblin('audit stats --json');
    expect(byAction.json()).toMatchObject([
      { action: 'a', entries: 2 },
      { action: 'b', entries: 1 },
    ]);
    const byActor = await goblin('audit stats --by actor --action b --json');
    expect(byActor.json()).toMatchObject([{ actor: 'carol', entries: 1 }]);
  });
});
