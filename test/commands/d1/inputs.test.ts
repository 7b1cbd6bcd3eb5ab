/** Every command of the structured memory without a database, with hostile words, and where D1 takes no more. */
import { beforeEach, describe, expect, it } from 'vitest';
import { type RunOptions, run } from '../../run.ts';
import { useTables } from '../../tables/d1.ts';
import { refusal } from './harness.ts';

const d1 = useTables('');
const goblin = (line: readonly string[], options: RunOptions = {}) =>
  run(line, {
    engine: d1.engine,
    cwd: '/',
    env: { GOBLIN_DATABASE: d1.engine.database.id, GOBLIN_ACTOR: 'alice' },
    ...options,
  });

describe('without a database', () => {
  it.each([
    'd1 status',
    'd1 migrate --yes',
    'd1 adopt --dry-run',
    'd1 query SELECT',
    'd1 export',
    'd1 bookmark',
    'prefs list',
    'prefs get u_1',
    'prefs set u_1 theme dark',
    'prefs unset u_1 theme',
    'audit list',
    'audit tail --no-follow',
    'audit stats',
    'usage top',
    'usage show u_1',
    'flags history',
    'flags drift',
    'flags stale',
  ])('%s is exit 4, says how to create and bind one, and asks nothing', async (line) => {
    const { code, stderr, stdout } = await run(`${line} --json`, {
      engine: d1.engine,
      cwd: '/',
      fetch: () => Promise.reject(new Error('nothing may be asked')),
    });
    expect([code, stdout]).toEqual([4, '']);
    expect(JSON.parse(stderr.trim().split('\n').at(-1) ?? '').error).toMatchObject({
      code: 'no_database',
      hint: expect.stringContaining('wrangler d1 create goblin-assistant-db'),
    });
  });
});

const HOSTILE = {
  metacharacters: `'"; DROP TABLE audit_logs; -- % _ \\ ?1 :a`,
  emoji: '😀👩‍👩‍👧\u202e',
  'a NUL': 'a\u0000b',
  'half a character': 'a\ud83d',
  '2 MB': 'x'.repeat(2_000_000),
};
/** Where `*` stands for what is typed. */
const COMMANDS = [
  'prefs get *',
  'prefs set * theme dark',
  'prefs set u_1 * 1',
  'prefs set u_1 nickname *',
  'prefs unset u_1 *',
  'audit list --action *',
  'audit list --target *',
  'audit list --actor *',
  'audit stats --target *',
  'usage show *',
  'user show *',
  'user export *',
  'user forget * --yes',
  'flags set * true --create',
  'flags set new_ui_enabled 5 -m *',
  'flags history *',
  'flags rollback * --to 1',
  'flags describe new_ui_enabled --owner *',
  'd1 query SELECT·? --param *',
  'd1 query *',
];

describe.each(Object.entries(HOSTILE))('%s in every input', (_, hostile) => {
  it.each(COMMANDS)('%s is taken as text or refused, and harms nothing', async (command) => {
    const line = command
      .split(' ')
      .map((word) => (word === '*' ? hostile : word.replace('·', ' ')));
    const { code, stderr } = await goblin(line, { now: Date.now });
    // Done, failed as SQL, a usage error, not found: never a fault of goblin's own.
    expect([0, 1, 2, 3]).toContain(code);
    expect(stderr).not.toMatch(/\n\s+at |TypeError|this is a bug/);
    if (code === 1) expect(command).toMatch(/^d1 query/);
    const [tables] = await d1.rows(
      "SELECT count(*) AS n FROM sqlite_schema WHERE type = 'table' AND name IN ('audit_logs', 'user_preferences', 'feature_flags', 'api_usage')",
    );
    expect(tables).toEqual({ n: 4 });
  });
});

describe('where D1 takes no more', () => {
  beforeEach(() => d1.query({ sql: 'DELETE FROM user_preferences; DELETE FROM feature_flags' }));

  /** D1 that answers reads alone. */
  const full =
    (status: number, message: string): NonNullable<RunOptions['fetch']> =>
    async (url, init) =>
      url.includes('/d1/') && /INSERT|UPDATE|DELETE/.test(String(init.body))
        ? refusal(status, 7500, message)
        : fetch(url, init);

  it.each([
    ['flags set new_ui_enabled true', 'D1_ERROR: Exceeded maximum DB size.', 'database_full'],
    ['prefs set u_1 theme dark', 'D1_ERROR: Exceeded maximum DB size.', 'database_full'],
    [
      'prefs set u_1 theme dark',
      "D1_ERROR: Your account has exceeded D1's maximum account free daily limit for rows written.",
      'quota_exceeded',
    ],
    [
      'flags set new_ui_enabled true',
      "D1_ERROR: Your account has exceeded D1's maximum account free daily limit for rows written.",
      'quota_exceeded',
    ],
  ])('%s is exit 7 after %s, and nothing is changed', async (line, message, code) => {
    const ran = await goblin([...line.split(' '), '--json'], { fetch: full(400, message) });
    expect([ran.code, ran.stdout]).toEqual([7, '']);
    expect(JSON.parse(ran.stderr.trim().split('\n').at(-1) ?? '').error).toMatchObject({ code });
    expect(ran.stderr).toContain('this change is not in the audit log');
    expect(
      await d1.rows('SELECT 1 FROM user_preferences UNION SELECT 1 FROM feature_flags'),
    ).toEqual([]);
  });
});
