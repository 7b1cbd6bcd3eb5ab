import { beforeEach, describe, expect, it } from 'vitest';
import { sessionHandle } from '../../../src/shards/handle.ts';
import { useEngine } from '../../engine.ts';
import { type RunOptions, run as runLine } from '../../run.ts';
import { type Seed, seed } from '../../seed.ts';
import { stored, wipe } from '../../stored.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const MINUTE = 60_000;
const ANN = 'u_1.AnnsSecretAnnsSecretAnnsSecretAnnsSecret123';
const ANN_TOO = 'u_1.AnnsSecondSecretAnnsSecondSecretAnnsSecond1';
const BOB = 'u_2.BobsSecretBobsSecretBobsSecretBobsSecret456';
const OLD = 'an-old-token-without-metadata-0123456789abcdefg';
const BROKEN = 'a-token-whose-value-is-broken-0123456789abcdefg';
const TOKENS = [ANN, ANN_TOO, BOB, OLD, BROKEN];

const engine = useEngine();

const run = (line: string, options: RunOptions = {}) =>
  runLine(line, { engine, now: NOW, ...options });
const handles = (rows: unknown) => (rows as { handle: string }[]).map(({ handle }) => handle);
const sorted = (...tokens: string[]) => tokens.map(sessionHandle).sort();

function record(token: string, user_id: string, idle: number, left: number): Seed {
  const value = {
    user_id,
    expires_at: NOW + left * MINUTE,
    last_activity: NOW - idle * MINUTE,
  };
  return { key: `session:${token}`, value, metadata: value };
}

const RECORDS: readonly Seed[] = [
  record(ANN, 'u_1', 1, 60),
  record(ANN_TOO, 'u_1', 45, 5),
  record(BOB, 'u_2', 30, 600),
  { ...record(OLD, 'u_3', 90, 30), metadata: undefined },
  { key: `session:${BROKEN}`, value: JSON.stringify({ token: BROKEN }) },
];

beforeEach(async () => {
  await wipe(engine);
  await seed(engine, RECORDS);
});

describe('sessions list', () => {
  it('shows handles, from the list alone where it carries the data', async () => {
    const { code, stdout, json } = await run('sessions list --json');
    expect(code).toBe(0);
    expect(json()).toContainEqual({
      handle: sessionHandle(ANN),
      user_id: 'u_1',
      last_activity: '2026-01-01T11:59:00.000Z',
      expires_at: '2026-01-01T13:00:00.000Z',
    });
    expect(json()).toHaveLength(5);
    expect(TOKENS.filter((token) => stdout.includes(token))).toEqual([]);
  });

  it.each([
    ['--user u_1', [ANN, ANN_TOO]],
    ['--idle 30m', [ANN_TOO, BOB, OLD]],
    ['--user u_1 --idle 30m', [ANN_TOO]],
    ['--expiring 10m', [ANN_TOO]],
    ['--user nobody', []],
  ])('%s', async (flags, tokens) => {
    const { json, stderr } = await run(`sessions list ${flags} --json`);
    expect(handles(json()).sort()).toEqual(sorted(...tokens));
    expect(stderr).toContain('1 session does not tell whether the filter fits');
  });

  it.each([
    ['last_activity', [ANN, BOB, ANN_TOO, OLD, BROKEN]],
    ['expires_at', [ANN_TOO, OLD, ANN, BOB, BROKEN]],
    ['user_id', [ANN_TOO, ANN, BOB, OLD, BROKEN]],
  ])('sorts by %s, what cannot be read last', async (order, tokens) => {
    const { json } = await run(`sessions list --sort ${order} --json`);
    expect(handles(json())).toEqual(tokens.map(sessionHandle));
  });

  it('names the nearest order for one that is none', async () => {
    const { code, stderr } = await run('sessions list --sort expires');
    expect(code).toBe(2);
    expect(stderr).toContain('cannot sort by "expires"');
    expect(stderr).toContain('last_activity, expires_at, user_id');
  });

  it('leaves out those that have ended, and says so', async () => {
    await seed(engine, [record('ended', 'u_1', 90, 0)]);
    const { json, stderr } = await run('sessions list --user u_1 --json');
    expect(handles(json()).sort()).toEqual(sorted(ANN, ANN_TOO));
    expect(stderr).toContain('1 session that has ended is still stored and not shown');
  });

  it('shows tokens only with --reveal', async () => {
    const { json } = await run('sessions list --user u_2 --reveal --json');
    expect(json()).toMatchObject([{ handle: sessionHandle(BOB), token: BOB }]);
  });

  it('says what to do where nobody is logged in, and where nobody fits', async () => {
    expect((await run('sessions list --user nobody')).stderr).toContain('`goblin sessions list`');
    await wipe(engine);
    expect((await run('sessions list')).stderr).toContain('`goblin sessions create --help`');
  });

  it('warns that the edge does not know of the last five minutes', async () => {
    expect((await run('sessions list --idle 1m')).stderr).toContain('may look idle');
  });
});

describe('sessions show', () => {
  it.each([
    ['a handle', `sessions show ${sessionHandle(BOB)} --json`, ''],
    ['a token', `sessions show ${BOB} --json`, ''],
    ['a handle on stdin', 'sessions show - --json', `${sessionHandle(BOB)}\n`],
    ['a token on stdin', 'sessions show - --json', ` ${BOB}\r\n`],
  ])('takes %s', async (_, line, stdin) => {
    const { code, stdout, json } = await run(line, { stdin });
    expect(code).toBe(0);
    expect(json()).toMatchObject({ handle: sessionHandle(BOB), user_id: 'u_2' });
    expect(stdout).not.toContain(BOB);
  });

  it('warns of a token that other processes can see, and of no other', async () => {
    expect((await run(`sessions show ${BOB}`)).stderr).toContain('seen by other processes');
    const unseen = [
      await run('sessions show -', { stdin: BOB }),
      await run(`sessions show ${sessionHandle(BOB)}`),
    ];
    expect(unseen.map(({ stderr }) => stderr)).toEqual(['', '']);
  });

  it('reveals a token when asked to', async () => {
    const { stdout } = await run(`sessions show ${sessionHandle(BOB)} --reveal`);
    expect(stdout).toContain(BOB);
  });

  it('shows what is wrong with a value, without the token in it', async () => {
    const { code, stdout } = await run(`sessions show ${sessionHandle(BROKEN)}`);
    expect(code).toBe(0);
    expect(stdout).toContain('problem');
    expect(stdout).not.toContain(BROKEN);
  });

  it('is exit 3 for a session that is not there', async () => {
    expect((await run('sessions show s_0123456789')).code).toBe(3);
    expect((await run('sessions show -', { stdin: 'no-such-token' })).code).toBe(3);
  });

  it('refuses half a handle, and more than one session', async () => {
    const half = await run('sessions show s_0123');
    expect([half.code, half.stderr]).toEqual([2, expect.stringContaining('not a valid handle')]);
    const two = await run('sessions show -', { stdin: `${ANN}\n${BOB}` });
    expect([two.code, two.stderr]).toEqual([2, expect.stringContaining('names 2 sessions')]);
  });

  it('refuses a handle that two sessions share, and says whose they are', async () => {
    // Two texts whose SHA-256 begin with the same ten digits.
    const [one, other] = ['collide-37er', 'collide-z9nw'];
    await seed(engine, [record(one, 'u_7', 1, 60), record(other, 'u_8', 1, 60)]);
    const { code, stderr } = await run('sessions show s_8ad5598454');
    expect(code).toBe(2);
    expect(stderr).toContain('stands for 2 sessions, of u_7 and u_8');
    expect(stderr).not.toContain('collide');
    const { json } = await run('sessions revoke - --yes --json', { stdin: other });
    expect(json()).toMatchObject([{ user_id: 'u_8', result: 'revoked' }]);
  });
});

describe('sessions create', () => {
  it('writes what the edge writes, and prints the token once', async () => {
    const { code, stderr, json } = await run('sessions create --user u_9 --ttl 1h --json');
    const { token, ...row } = json() as Record<string, string>;
    expect(code).toBe(0);
    expect(token).toMatch(/^u_9\.[\da-f-]{72}$/);
    expect(row).toEqual({
      handle: sessionHandle(token ?? ''),
      user_id: 'u_9',
      last_activity: '2026-01-01T12:00:00.000Z',
      expires_at: '2026-01-01T13:00:00.000Z',
    });
    expect(stderr).toContain('it is not shown again');
    expect(stderr).not.toContain(token);
    const value = { user_id: 'u_9', expires_at: NOW + 60 * MINUTE, last_activity: NOW };
    const answer = await engine.kv(`/values/${encodeURIComponent(`session:${token}`)}`);
    expect(await answer.json()).toEqual(value);
    const life = Number(answer.headers.get('expiration')) - Date.now() / 1000;
    expect(Math.abs(life - 3600)).toBeLessThan(60);
    const metadata = await engine.kv(`/metadata/${encodeURIComponent(`session:${token}`)}`);
    expect(await metadata.json()).toMatchObject({ result: value });
  });

  it('keeps a user id that cannot stand in a header out of the token', async () => {
    const { json } = await run("sessions create --user 'ann@example.com' --json");
    expect(json()).toMatchObject({
      user_id: 'ann@example.com',
      token: expect.stringMatching(/^[\da-f-]{72}$/),
    });
  });

  it.each([
    ['sessions create --user u_9 --ttl 59s', 'cannot last 59s'],
    ['sessions create --user u_9 --ttl 366d', 'cannot last 366d'],
    ['sessions create --user u_9 --ttl soon', 'is not a valid duration'],
    [`sessions create --user ${'u'.repeat(101)}`, 'not a valid user id'],
    ['sessions create', '--user'],
  ])('refuses %s', async (line, message) => {
    const { code, stderr } = await run(line);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(await stored(engine)).toHaveLength(RECORDS.length);
  });
});

describe('sessions revoke', () => {
  const left = async () => (await stored(engine)).map((key) => key.slice('session:'.length)).sort();
  const rest = (...gone: string[]) => TOKENS.filter((token) => !gone.includes(token)).sort();

  it.each([
    [`revoke ${sessionHandle(BOB)}`, '', [BOB]],
    ['revoke -', `${sessionHandle(BOB)}\n\n${ANN}\n${BOB}\n`, [BOB, ANN]],
    ['revoke -', `${OLD}\n${BROKEN}`, [OLD, BROKEN]],
    ['revoke --all', '', TOKENS],
  ])('%s, %j on stdin', async (line, stdin, gone) => {
    const { code, json, stdout, stderr } = await run(`sessions ${line} --yes --json`, { stdin });
    expect(code).toBe(0);
    expect(handles(json()).sort()).toEqual(sorted(...gone));
    expect(TOKENS.filter((token) => (stdout + stderr).includes(token))).toEqual([]);
    expect(await left()).toEqual(rest(...gone));
  });

  it.each([
    ['--user u_1', [ANN, ANN_TOO]],
    ['--idle 30m', [ANN_TOO, BOB, OLD]],
    ['--user u_1 --idle 30m', [ANN_TOO]],
    ['--user nobody', []],
  ])('%s, and is exit 5 for one that cannot be judged', async (flags, gone) => {
    const { code, json, stdout, stderr } = await run(`sessions revoke ${flags} --yes --json`);
    const rows = json() as { handle: string; result: string; problem?: string }[];
    expect(code).toBe(5);
    expect(handles(rows.filter(({ result }) => result === 'revoked')).sort()).toEqual(
      sorted(...gone),
    );
    expect(rows.at(-1)).toMatchObject({
      handle: sessionHandle(BROKEN),
      result: 'not judged',
      problem: expect.stringContaining('no user_id'),
    });
    const left_alone = `1 session could not be judged, so left alone: ${sessionHandle(BROKEN)}`;
    expect(stderr).toContain(left_alone);
    expect(TOKENS.filter((token) => (stdout + stderr).includes(token))).toEqual([]);
    expect(await left()).toEqual(rest(...gone));
  });

  it('cannot tell how long a session was idle that nobody noted, but whose it is', async () => {
    await wipe(engine);
    const value = { user_id: 42, expires_at: NOW + MINUTE, last_activity: null };
    await seed(engine, [{ key: 'session:quiet', value }]);
    const idle = await run('sessions revoke --idle 30m --yes --json');
    expect(idle.code).toBe(5);
    expect(idle.json()).toMatchObject([
      { result: 'not judged', problem: 'nobody noted when it was used', user_id: '42' },
    ]);
    const users = await run('sessions revoke --user 42 --yes --json');
    expect(users.code).toBe(0);
    expect(users.json()).toMatchObject([{ user_id: '42', last_activity: null, result: 'revoked' }]);
    expect(await stored(engine)).toEqual([]);
  });

  it('--idle takes a time without a zone for UTC, whatever the zone of this machine', async () => {
    await wipe(engine);
    const expires_at = '2026-01-01 13:00:00';
    const last_activity = '2026-01-01 11:59:00';
    await seed(engine, [
      { key: 'session:busy', value: { user_id: 'u', expires_at, last_activity } },
    ]);
    const { TZ } = process.env;
    process.env.TZ = 'Asia/Tokyo';
    try {
      const { code, stderr } = await run('sessions revoke --idle 8h --yes');
      expect([code, stderr]).toEqual([0, expect.stringContaining('No sessions to revoke.')]);
    } finally {
      if (TZ === undefined) delete process.env.TZ;
      else process.env.TZ = TZ;
    }
    expect(await stored(engine)).toEqual(['session:busy']);
  });

  it('names the handles of those that are not there', async () => {
    const line = `sessions revoke ${sessionHandle(BOB)} s_0123456789 --yes --json`;
    const { code, json } = await run(line);
    expect(code).toBe(0);
    expect(json()).toMatchObject([
      { handle: sessionHandle(BOB), result: 'revoked' },
      { handle: 's_0123456789', result: 'absent' },
    ]);
  });

  it('is exit 3 where none is there, and done where stdin is empty', async () => {
    expect((await run('sessions revoke s_0123456789 --yes')).code).toBe(3);
    const { code, stderr } = await run('sessions revoke - --yes', { stdin: '\n' });
    expect([code, stderr]).toEqual([0, expect.stringContaining('No sessions to revoke.')]);
  });

  it.each([
    ['sessions revoke --yes', 'nothing is named'],
    ['sessions revoke s_0123456789 --all --yes', '<session…> and --all exclude each other'],
    ['sessions revoke --all --user u_1 --yes', '--user/--idle and --all exclude each other'],
  ])('refuses %s', async (line, message) => {
    const { code, stderr } = await run(line);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(await left()).toEqual(rest());
  });

  it.each(['sessions revoke --all', 'sessions revoke --all --dry-run'])(
    'touches nothing at: %s',
    async (line) => {
      const { code, stdout, stderr } = await run(line);
      expect(code).toBe(line.endsWith('--dry-run') ? 0 : 6);
      expect(TOKENS.filter((token) => (stdout + stderr).includes(token))).toEqual([]);
      expect(await left()).toEqual(rest());
    },
  );
});

describe('a token', () => {
  it.each([
    'sessions list',
    'sessions list --user u_1 --sort user_id',
    `sessions show ${ANN}`,
    `sessions show ${sessionHandle(BROKEN)}`,
    `sessions show ${ANN}-not-there`,
    `sessions revoke ${ANN} ${OLD}-not-there --dry-run`,
    'sessions revoke --all --dry-run',
    'sessions revoke --all --max-ops 1',
    'kv list session:',
    'shards',
  ])('is on neither stream of: %s', async (line) => {
    for (const format of ['table', 'json', 'ndjson', 'csv']) {
      for (const tty of [false, true]) {
        const options = { tty, columns: 300 };
        const { stdout, stderr } = await run(`${line} --verbose -o ${format}`, options);
        const shown = TOKENS.filter((token) => (stdout + stderr).includes(token));
        expect(shown, `${format}, ${tty ? 'terminal' : 'pipe'}`).toEqual([]);
      }
    }
  });
});
