/** What only a database knows of flags: history, owners, age, and how far the copies are from it. */
import { beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../run.ts';
import { useTables } from '../../tables/d1.ts';
import { flagTables } from './d1-flags.ts';
import { BUILT_IN, MINUTE, NOW } from './store.ts';

const d1 = useTables('');
const { goblin, empty, flags, changes, row, put, entire, document, clear } = flagTables(() => d1);
beforeEach(empty);

const EDGE = 'https://edge.test';
/** The network with an edge that answers, one after the other and the last one for ever. */
function withEdge(...answers: (() => Response)[]) {
  const asked: string[] = [];
  return {
    asked,
    fetch: async (url: string, init: RequestInit) => {
      if (!url.startsWith(EDGE)) return fetch(url, init);
      asked.push(url);
      return (answers[asked.length - 1] ?? answers.at(-1))?.() as Response;
    },
  };
}

it.each(['history', 'rollback a --to 1', 'stale', 'drift', 'describe a', 'describe a --owner x'])(
  'flags %s without a database is exit 4, with how to make one',
  async (line) => {
    const { code, stderr } = await run(`flags ${line}`, { engine: d1.engine });
    expect(code).toBe(4);
    expect(stderr).toContain('wrangler d1 create goblin-assistant-db');
  },
);

describe('the history', () => {
  it('tells who changed what and why, newest first', async () => {
    await goblin('flags set a true --create -m first');
    await goblin('flags set a 25 --actor bob');
    await goblin('flags set b true --create');
    await goblin('flags unset a');
    const rows = (await goblin('flags history a --json')).json();
    expect(rows).toMatchObject([
      { flag: 'a', version: 3, from: 25, to: null, changed_by: 'alice', to_value: null },
      { version: 2, from: true, to: 25, changed_by: 'bob', reason: null },
      { version: 1, from: null, to: true, reason: 'first', from_value: null },
    ]);
    expect((await goblin('flags history -n 2 --json')).json()).toHaveLength(2);
    expect((await goblin('flags history nope')).code).toBe(3);
    expect((await goblin('flags history new_ui_enabled --json')).stdout).toBe('[]\n');
  });

  it('takes the actor of a CI service', async () => {
    await goblin('flags set a true --create', { env: { GITHUB_ACTOR: 'octo' } });
    expect((await flags()).a?.updated_by).toBe('octo');
  });
});

describe('a rollback', () => {
  it('makes a flag what it was, as a change of its own', async () => {
    await goblin('flags set a 10 --create');
    await goblin('flags describe a --owner web --description text');
    await goblin('flags set a true');
    const { code, stderr } = await goblin('flags rollback a --to 1');
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('a: true → 10%'),
    });
    expect((await flags()).a).toMatchObject({ value: 10, owner: null, version: 4 });
    expect((await changes()).at(-1)).toMatchObject({ reason: 'rollback to version 1' });
    await goblin('flags rollback a --to 2 -m back');
    expect((await flags()).a).toMatchObject({ value: 10, owner: 'web', description: 'text' });
    expect(await document()).toEqual({ ...BUILT_IN, a: 10 });
  });

  it('brings a removed flag back, and takes one away that was not there', async () => {
    await goblin('flags set a 10 --create');
    await goblin('flags unset a');
    await goblin('flags rollback a --to 1');
    expect((await flags()).a).toMatchObject({ value: 10, version: 3 });
    await goblin('flags rollback a --to 0');
    expect(await flags()).toEqual({});
    expect((await goblin('flags rollback a --to 99')).code).toBe(3);
    expect((await goblin('flags rollback a --to x')).code).toBe(2);
  });

  it('counts a timer that has run out since as what it led to', async () => {
    await row('a', 0, 0);
    await goblin('flags set a true --for 30m');
    await goblin('flags set a 50');
    await goblin('flags rollback a --to 2', { now: NOW + 10 * MINUTE });
    expect((await flags()).a).toMatchObject({ value: true, timer: { until: NOW + 30 * MINUTE } });
    await goblin('flags set a 50');
    await goblin('flags rollback a --to 2', { now: NOW + 40 * MINUTE });
    expect((await flags()).a).toMatchObject({ value: false, timer: null });
  });

  it('that turns the API off asks first', async () => {
    await goblin('flags set api_enabled false --yes');
    await goblin('flags set api_enabled true');
    expect((await goblin('flags rollback api_enabled --to 1')).code).toBe(6);
    expect((await goblin('flags rollback api_enabled --to 1 --yes')).code).toBe(0);
  });
});

describe('the description of a flag', () => {
  it('is set and taken away, and shown with all that is known', async () => {
    await row('a', 1, 25, 4);
    const set = await goblin([
      'flags',
      'describe',
      'a',
      '--owner',
      "we'b;--",
      '--description',
      '😀\u0000',
      '--permanent',
      '--json',
    ]);
    expect(set.stderr).toContain('a: permanent no → yes');
    expect(set.json()).toMatchObject({
      flag: 'a',
      value: 25,
      owner: "we'b;--",
      description: '😀\u0000',
      permanent: true,
      version: 5,
      updated_by: 'alice',
    });
    await goblin('flags set a 30');
    await goblin(['flags', 'describe', 'a', '--owner', '', '--no-permanent']);
    expect((await flags()).a).toMatchObject({
      value: 30,
      owner: null,
      description: '😀\u0000',
      permanent: false,
    });
    expect(await changes()).toHaveLength(3);
  });

  it('may be of a built-in flag that is not set, and of no unknown one', async () => {
    expect((await goblin('flags describe api_enabled --permanent')).code).toBe(0);
    expect((await flags()).api_enabled).toMatchObject({ value: true, permanent: true, version: 1 });
    expect((await goblin('flags describe nope')).code).toBe(3);
    expect((await goblin('flags describe nope --owner x')).code).toBe(3);
    const shown = await goblin('flags describe new_ui_enabled --json');
    expect(shown.json()).toMatchObject({
      value: false,
      source: 'default',
      version: null,
      owner: null,
    });
  });
});

it('stale flags are those that nobody has changed for long and that are not meant to stay', async () => {
  await row('old', 1, 25, 1, '2025-10-01 00:00:00');
  await row('older', 1, 100, 1, '2025-09-01 00:00:00');
  await row('fresh', 1, 100, 1, '2025-12-31 00:00:00');
  await row('api_enabled', 1, 100, 1, '2025-01-01 00:00:00');
  await row('kept', 1, 100, 1, '2025-01-01 00:00:00');
  await d1.query({ sql: "UPDATE feature_flags SET permanent = 1 WHERE flag_name = 'kept'" });
  expect((await goblin('flags stale --json')).json()).toMatchObject([
    { flag: 'older', value: true, updated_by: 'bob' },
    { flag: 'old', value: 25 },
  ]);
  expect((await goblin('flags stale --days 100 --json')).json()).toMatchObject([{ flag: 'older' }]);
});

describe('drift', () => {
  it('is none where KV holds what D1 does, or nothing', async () => {
    await row('a', 1, 25);
    expect((await goblin('flags drift')).code).toBe(0);
    await goblin('flags set a 30');
    const { code, stdout } = await goblin('flags drift --json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toContainEqual({
      flag: 'a',
      d1: 30,
      kv: 30,
      default: null,
      edge: null,
      differs: '',
    });
  });

  it('is exit 8, and changes nothing', async () => {
    await row('a', 1, 25);
    await put({ ...BUILT_IN, a: true, ghost: true }, { metadata: { version: 1 }, ttl: 300 });
    const before = await entire();
    const { fetch } = withEdge(() =>
      Response.json({
        api_enabled: false,
        rate_limiting_enabled: true,
        new_ui_enabled: false,
        a: true,
      }),
    );
    const { code, stdout, stderr } = await goblin(`flags drift --via ${EDGE} --json`, { fetch });
    expect({ code, stderr }).toMatchObject({
      code: 8,
      stderr: expect.stringContaining('3 flags differ'),
    });
    expect(JSON.parse(stdout)).toMatchObject([
      { flag: 'a', d1: 25, kv: true, edge: true, differs: 'kv' },
      { flag: 'api_enabled', d1: null, kv: true, default: true, edge: false, differs: 'edge' },
      { flag: 'ghost', kv: true, differs: 'kv' },
      { flag: 'new_ui_enabled', differs: '' },
      { flag: 'rate_limiting_enabled', differs: '' },
    ]);
    expect(await entire()).toEqual(before);
  });

  it('sees an edge whose API is off by what it refuses', async () => {
    await row('api_enabled', 0, 0);
    const { fetch } = withEdge(() =>
      Response.json({ error: { code: 'api_disabled', message: 'off' } }, { status: 503 }),
    );
    expect((await goblin(`flags drift --via ${EDGE}`, { fetch })).code).toBe(0);
    await d1.query({ sql: 'UPDATE feature_flags SET enabled = 1, rollout_percentage = 100' });
    expect((await goblin(`flags drift --via ${EDGE}`, { fetch })).code).toBe(8);
  });
});

describe('--wait', () => {
  const told = (a: boolean) => () => Response.json({ ...BUILT_IN, a });
  const wait = (line: string, edge: ReturnType<typeof withEdge>) => {
    let time = NOW;
    const onSleep = (ms: number) => {
      time += ms;
    };
    return goblin(`--edge ${EDGE} ${line}`, { fetch: edge.fetch, onSleep, now: () => time });
  };
  beforeEach(async () => {
    await row('a', 0, 0);
  });

  it('watches the edge until it obeys three times in a row', async () => {
    const edge = withEdge(told(false), told(true), told(false), told(true));
    const { code, stderr } = await wait('flags set a true --wait', edge);
    expect({ code, asked: edge.asked.length }).toEqual({ code: 0, asked: 6 });
    expect(stderr).toContain(`${EDGE} obeys.`);
    expect(edge.asked[0]).toBe(`${EDGE}/_goblin/flags`);
  });

  it('ends after the time given: exit 5, and what the edge still does', async () => {
    const edge = withEdge(told(false));
    const { code, stderr } = await wait('flags set a true --wait 30s', edge);
    expect(code).toBe(5);
    expect(stderr).toContain(
      `the flags are stored, but ${EDGE} does not obey after 30 s: a is false`,
    );
    expect(edge.asked.length).toBe(16);
  });

  it('waits through an edge that does not answer', async () => {
    const edge = withEdge(() => new Response('busy', { status: 429 }), told(true));
    expect((await wait('flags set a true --wait', edge)).code).toBe(0);
  });

  it('knows an API that is off', async () => {
    const off = () => Response.json({ error: { code: 'api_disabled' } }, { status: 503 });
    expect((await wait('flags set api_enabled false --yes --wait', withEdge(off))).code).toBe(0);
  });

  it('is refused before anything is written where it cannot be', async () => {
    expect((await wait('flags set a 25 --wait', withEdge(told(true)))).code).toBe(2);
    expect((await goblin('flags set a true --wait')).code).toBe(4);
    expect(await changes()).toEqual([]);
  });

  it('works on flags in KV, too', async () => {
    await clear();
    const edge = withEdge(() => Response.json({ ...BUILT_IN, new_ui_enabled: true }));
    let time = NOW;
    const { code } = await run(`--edge ${EDGE} flags set new_ui_enabled true --wait -m why`, {
      engine: d1.engine,
      fetch: edge.fetch,
      now: () => time,
      onSleep: (ms) => {
        time += ms;
      },
    });
    expect({ code, asked: edge.asked.length }).toEqual({ code: 0, asked: 3 });
  });
});
