import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { useEngine } from '../../engine.ts';
import { BUILT_IN, counted, flagStore, MINUTE, NOW } from './store.ts';

const engine = useEngine();

const { put, stored, document, clear, goblin } = flagStore(() => engine);
beforeEach(async () => {
  await clear();
});

const errorOf = (stderr: string) => JSON.parse(stderr.trim().split('\n').at(-1) ?? '').error;

describe('flags list', () => {
  it('shows the defaults where nothing is stored', async () => {
    const { code, stdout, stderr } = await goblin('flags list -o csv');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      'flag,value,until,then,source,stored,problem',
      'api_enabled,true,,,default,,',
      'new_ui_enabled,false,,,default,,',
      'rate_limiting_enabled,true,,,default,,',
      '',
    ]);
  });

  it('shows what is set, in percent, and until when', async () => {
    const timers = { rollout: { until: NOW + 12 * MINUTE, then: false } };
    await put({ rollout: 25, api_enabled: false }, { metadata: { timers } });
    const onScreen = { tty: true, env: { NO_COLOR: '1' } };
    const lines = (await goblin('flags list', onScreen)).stdout.split('\n');
    expect(lines[0]).toMatch(/^FLAG +VALUE +UNTIL +THEN +SOURCE$/);
    expect(lines[1]).toMatch(/^api_enabled +false +- +- +kv$/);
    expect(lines[4]).toMatch(/^rollout +25% +in 12m +false +kv$/);
    expect((await goblin('flags list --json')).json()).toContainEqual({
      flag: 'rollout',
      value: 25,
      until: '2026-01-01T00:12:00.000Z',
      then: false,
      source: 'kv',
      stored: 25,
      problem: null,
    });
  });

  it('shows a value that is none with what is wrong, and what the edge makes of it', async () => {
    await put({ api_enabled: 'no', level: 101 });
    expect((await goblin('flags list --json')).json()).toMatchObject([
      { flag: 'api_enabled', value: true, stored: 'no', problem: expect.stringContaining('"no"') },
      { flag: 'level', value: false, stored: 101, problem: expect.stringContaining('101') },
      { flag: 'new_ui_enabled', problem: null },
      { flag: 'rate_limiting_enabled', problem: null },
    ]);
  });

  it('costs one read', async () => {
    const { stderr } = await goblin('flags list -v');
    expect(stderr).toMatch(/^1 request · 1 read · /m);
  });
});

describe('hostile names', () => {
  const long = 'x'.repeat(10_000);
  const hostile = `{"__proto__":true,"constructor":25,"toString":"x","a\\u001b[31m":true,"${long}":false}`;

  it('are listed, escaped, and read by name', async () => {
    await put(hostile);
    const { code, stdout } = await goblin('flags list');
    expect(code).toBe(0);
    expect(stdout).toContain('a\\x1b[31m');
    expect(stdout).not.toContain('\x1b');
    expect((await goblin('flags get __proto__ --json')).json()).toMatchObject({ value: true });
    expect((await goblin('flags get constructor --json')).json()).toMatchObject({ value: 25 });
    expect((await goblin('flags get valueOf')).code).toBe(3);
  });

  it('are kept as they are by an edit of another flag', async () => {
    await put(hostile);
    expect((await goblin('flags set api_enabled false --yes')).code).toBe(0);
    expect((await stored())?.value).toBe(
      `${hostile.slice(0, -1)},"api_enabled":false,"rate_limiting_enabled":true,"new_ui_enabled":false}`,
    );
  });

  it('do not fill the screen of an error', async () => {
    await put(hostile);
    const { code, stderr } = await goblin(['flags', 'get', 'y'.repeat(10_000)]);
    expect(code).toBe(3);
    expect(stderr.length).toBeLessThan(500);
  });
});

describe('flags set', () => {
  it.each([
    ['true', true],
    ['false', false],
    ['0', 0],
    ['25', 25],
    ['12.5', 12.5],
    ['100', 100],
  ])('takes %s', async (text, value) => {
    const { code, json } = await goblin(`flags set new_ui_enabled ${text} --json`);
    expect(code).toBe(0);
    expect(json()).toMatchObject({ flag: 'new_ui_enabled', value, until: null, source: 'kv' });
    expect(await document()).toEqual({ ...BUILT_IN, new_ui_enabled: value });
  });

  it.each([
    ['25%', 'Did you mean 25?'],
    ['on', 'Did you mean true?'],
    ['OFF', 'Did you mean false?'],
    ['True', 'Did you mean true?'],
    ['flase', 'Did you mean false?'],
    ['101', 'Write true, false, or 0 to 100'],
    ['1e1', 'Write true, false, or 0 to 100'],
    ['0.125', 'Write true, false, or 0 to 100'],
    ['', 'Write true, false, or 0 to 100'],
  ])('refuses %j: %s', async (text, hint) => {
    const { code, stdout, stderr } = await goblin(['flags', 'set', 'api_enabled', text, '--json']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(errorOf(stderr).hint).toContain(hint);
    expect(await stored()).toBeNull();
  });

  it('says on stderr what it changed where, and on stdout what is now', async () => {
    await put({ ...BUILT_IN, new_ui_enabled: 25 });
    const { stdout, stderr } = await goblin('flags set new_ui_enabled true');
    expect(stdout).toMatch(/^flag +new_ui_enabled\nvalue +true\nsource +kv\n$/);
    expect(stderr).toMatch(/^remote · account .*\nnew_ui_enabled: 25% → true\nEdges follow within/);
  });

  it('refuses an unknown flag with the nearest one, unless it is to be made', async () => {
    const typo = await goblin('flags set new_ui_enabeld true --json');
    expect(typo.code).toBe(2);
    expect(errorOf(typo.stderr)).toMatchObject({
      code: 'unknown_flag',
      hint: expect.stringMatching(/^Did you mean new_ui_enabled\?.*--create/),
    });
    expect(await stored()).toBeNull();
    expect((await goblin('flags set dark_mode 5 --create')).code).toBe(0);
    expect((await goblin('flags set dark_mode 10')).code).toBe(0);
    expect(await document()).toEqual({ dark_mode: 10, ...BUILT_IN });
  });

  it.each(['Dark', '__proto__', '9lives', 'a b', 'a'.repeat(65), 'a\x1b'])(
    'makes no flag with the name %j',
    async (name) => {
      const { code, stderr } = await goblin(['flags', 'set', name, 'true', '--create', '--json']);
      expect({ code, error: errorOf(stderr).code }).toEqual({ code: 2, error: 'bad_flag_name' });
    },
  );

  it('writes nothing where nothing changes', async () => {
    await put({ api_enabled: false });
    const { methods, fetch } = counted();
    const { code, stdout, stderr } = await goblin('flags set api_enabled false --yes', { fetch });
    expect({ code, methods }).toEqual({ code: 0, methods: ['POST'] });
    expect(stdout).toContain('api_enabled');
    expect(stderr).toBe('Nothing to change: api_enabled is false.\n');
  });

  it('writes nothing in a dry run, and says what it would', async () => {
    const { code, json, stderr } = await goblin('flags set api_enabled 5 --dry-run --json');
    expect(code).toBe(0);
    expect(json()).toMatchObject({ flag: 'api_enabled', value: 5 });
    expect(stderr).toContain('Would change api_enabled: not set (true) → 5%');
    expect(await stored()).toBeNull();
  });

  it('keeps all it was not asked to change: other flags, their order, timers, other metadata', async () => {
    const timers = { b: { until: NOW + MINUTE, then: 5 } };
    await put(
      { b: true, odd: 'yes', a: 1, ...BUILT_IN },
      { metadata: { note: 'by hand', timers } },
    );
    await goblin('flags set a 2');
    expect(await stored()).toEqual({
      value: JSON.stringify({ b: true, odd: 'yes', a: 2, ...BUILT_IN }),
      metadata: { note: 'by hand', timers },
    });
  });

  it('costs two reads and a write', async () => {
    const { stderr } = await goblin('flags set api_enabled false --yes -v');
    expect(stderr).toMatch(/^3 requests · 2 reads · 1 write · /m);
  });
});

describe('flags that an older Worker let expire', () => {
  const now = Date.now();

  it('are listed with a warning', async () => {
    await put({ api_enabled: false }, { ttl: 300 });
    const { code, stderr } = await goblin('flags list', { now });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^warning: the flags expire in [345]m, .*\n$/);
  });

  it.each(['true', 'false'])('stay once one is set, here to %s', async (value) => {
    await put({ api_enabled: false, keep: 5 }, { ttl: 300 });
    const { code, stderr } = await goblin(`flags set api_enabled ${value}`, { now });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^expiry of all flags: in [345]m → never$/m);
    expect(await stored()).toEqual({
      value: JSON.stringify({
        api_enabled: value === 'true',
        keep: 5,
        rate_limiting_enabled: true,
        new_ui_enabled: false,
      }),
      metadata: null,
    });
  });
});

describe('flags enable and disable', () => {
  it('set several in one write', async () => {
    const { methods, fetch } = counted();
    const line = 'flags disable api_enabled new_ui_enabled api_enabled --yes --json';
    const { code, json } = await goblin(line, { fetch });
    expect({ code, methods }).toEqual({ code: 0, methods: ['POST', 'PUT', 'POST'] });
    expect(json()).toMatchObject([
      { flag: 'api_enabled', value: false },
      { flag: 'new_ui_enabled', value: false },
    ]);
    await goblin('flags enable new_ui_enabled');
    expect(await document()).toEqual({ ...BUILT_IN, api_enabled: false, new_ui_enabled: true });
  });

  it('change nothing where one of them is unknown', async () => {
    expect((await goblin('flags enable api_enabled nope')).code).toBe(2);
    expect(await stored()).toBeNull();
  });
});

describe('flags unset', () => {
  it('stores the default of a built-in flag, and takes any other out', async () => {
    await put({ api_enabled: false, old: true });
    const { code, json } = await goblin('flags unset api_enabled old --json');
    expect(code).toBe(0);
    expect(json()).toMatchObject([
      { flag: 'api_enabled', value: true, source: 'kv' },
      { flag: 'old', value: false, source: 'default' },
    ]);
    expect(await document()).toEqual(BUILT_IN);
  });

  it('has nothing to do for a default that is stored, and is exit 3 for what nobody knows', async () => {
    await put(BUILT_IN);
    const { code, stderr } = await goblin('flags unset api_enabled');
    expect(code).toBe(0);
    expect(stderr).toBe('Nothing to change: api_enabled is true.\n');
    expect((await goblin('flags unset api_enabeld')).code).toBe(3);
    expect(await document()).toEqual(BUILT_IN);
  });
});

describe('a document for Workers of the first generation, which take an absent flag as off', () => {
  it('holds every built-in flag after any write, which says so', async () => {
    const { code, stderr } = await goblin('flags set new_ui_enabled true');
    expect(code).toBe(0);
    expect(stderr).toContain('stored with their defaults: api_enabled, rate_limiting_enabled.\n');
    expect(await document()).toEqual({ ...BUILT_IN, new_ui_enabled: true });
  });

  it('keeps what somebody stored under a built-in name, valid or not', async () => {
    await put({ api_enabled: 'no', new_ui_enabled: null, a: 1 });
    await goblin('flags set a 2');
    expect(await document()).toEqual({
      api_enabled: 'no',
      new_ui_enabled: null,
      a: 2,
      rate_limiting_enabled: true,
    });
  });

  it('holds in a namespace that the wrangler file does not bind, although it binds a database', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'goblin-d1-'));
    await writeFile(
      join(cwd, 'wrangler.toml'),
      'name = "w"\n[[d1_databases]]\nbinding = "DB"\ndatabase_id = "x"\n',
    );
    const { code } = await goblin('flags set new_ui_enabled true', { cwd });
    const history = await goblin('flags history', { cwd });
    await rm(cwd, { recursive: true });
    expect(code).toBe(0);
    expect(await document()).toEqual({ ...BUILT_IN, new_ui_enabled: true });
    expect(history).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('the flags of this namespace are in KV'),
    });
  });
});
