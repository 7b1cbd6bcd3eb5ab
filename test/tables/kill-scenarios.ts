/** The commands that are killed: what they begin with, what may be left of them, and when they are done. */
import { migrationFiles, schemaText } from '../../scripts/schema.ts';
import { quoteName } from '../../src/d1/quote.ts';
import { insertAudit } from '../../src/tables/audit.ts';
import { patchPreferences } from '../../src/tables/preferences.ts';
import { addUsage } from '../../src/tables/usage.ts';
import { seed } from '../seed.ts';
import { FIRST_COLUMNS, FIRST_GENERATION } from './databases.ts';
import type { Bench, Problem, Scenario } from './kills.ts';

const NAMES = migrationFiles().map(({ name }) => name);

/** A database of the first generation is upgraded. */
export const migrate: Scenario = {
  line: 'd1 migrate --yes',
  writes: NAMES.length,
  isWrite: ({ body }) => body.includes('INSERT INTO \\"d1_migrations\\"'),
  async prepare(bench) {
    await dropAll(bench);
    await bench.query({ sql: FIRST_GENERATION });
    firstRows = JSON.stringify(await rowsOfFirst(bench));
  },
  async left(bench, { moment, write }) {
    const applied = await recorded(bench);
    const hasLast = (await tables(bench)).includes('feature_flag_changes');
    return [
      same('the migrations recorded', applied, NAMES.slice(0, applied.length)),
      moment === 'before' ? same('how many are applied', applied.length, write - 1) : null,
      same('that the last one is applied', hasLast, applied.length === NAMES.length),
    ];
  },
  finish: async (bench) => [
    same('the next run', (await bench.goblin('d1 migrate --yes')).code, 0),
    same('the migrations recorded at the end', await recorded(bench), NAMES),
    same('the rows', JSON.stringify(await rowsOfFirst(bench)), firstRows),
  ],
};

let firstRows = '';

/** What the first generation wrote, without the audit entry of the migration itself. */
const rowsOfFirst = (bench: Bench) =>
  Promise.all(
    Object.entries(FIRST_COLUMNS).map(async ([table, columns]) =>
      (await bench.rows(`SELECT ${columns} FROM ${table} ORDER BY 1`)).filter(
        ({ action }) => action !== 'd1.migrate',
      ),
    ),
  );

async function tables(bench: Bench): Promise<string[]> {
  const rows = await bench.rows(
    `SELECT name FROM sqlite_schema
      WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%'`,
  );
  return rows.map(({ name }) => String(name));
}

async function dropAll(bench: Bench): Promise<void> {
  for (const name of await tables(bench)) {
    await bench.query({ sql: `DROP TABLE ${quoteName(name)}` });
  }
}

async function recorded(bench: Bench): Promise<unknown[]> {
  if (!(await tables(bench)).includes('d1_migrations')) return [];
  return (await bench.rows('SELECT name FROM d1_migrations ORDER BY id')).map(({ name }) => name);
}

async function setUp(bench: Bench): Promise<void> {
  await dropAll(bench);
  await bench.query({ sql: schemaText() });
  await bench.engine.kv('/values/feature_flags', { method: 'DELETE' });
}

/** A flag of the first version gets its second one: in D1 with its change and its audit row, then in KV. */
export const setFlag: Scenario = {
  line: 'flags set a 25',
  writes: 2,
  isWrite: ({ method, body }) => method === 'PUT' || body.includes('INSERT INTO'),
  async prepare(bench) {
    await setUp(bench);
    // So that KV holds an older copy, which edges read.
    await bench.goblin('flags set a 0 --create');
  },
  async left(bench, { moment, write }) {
    const state = await flagState(bench);
    const { version } = state;
    const isKnown = moment !== 'while' || write > 1;
    const isWritten = write > 1 || moment === 'after';
    return [
      same('the flag, its changes and its audit rows', state, whole(version)),
      isKnown ? same('the version', version, isWritten ? 2 : 1) : null,
    ];
  },
  finish: async (bench) => [
    same('flags list', (await bench.goblin('flags list')).code, 0),
    same('flags drift', (await bench.goblin('flags drift')).code, 0),
    same('the next run', (await bench.goblin('flags set a 25')).code, 0),
    same('the flag at the end', await flagState(bench), whole(2)),
    same('the document in KV', await documented(bench), 25),
  ],
};

const whole = (version: number) => ({ version, changes: version, audited: version });

async function flagState(bench: Bench) {
  const [row] = await bench.rows(`SELECT
    (SELECT version FROM feature_flags WHERE flag_name = 'a') AS version,
    (SELECT count(*) FROM feature_flag_changes) AS changes,
    (SELECT count(*) FROM audit_logs WHERE action = 'flags.set' AND outcome = 'done') AS audited`);
  return row as { version: number; changes: number; audited: number };
}

async function documented({ engine }: Bench): Promise<unknown> {
  const answer = await engine.kv('/values/feature_flags');
  return ((await answer.json()) as { a?: unknown }).a;
}

const USERS = ['u_1', 'u_2'] as const;

/** One of two users is forgotten, in KV and in D1. */
export const forget: Scenario = {
  line: 'user forget u_1 --yes',
  // The keys, the rows, and the audit row of the command.
  writes: 3,
  isWrite: ({ path, body }) =>
    path.includes('/bulk/delete') || /"(DELETE FROM|UPDATE|INSERT INTO)/.test(body),
  async prepare(bench) {
    await setUp(bench);
    for (const user of USERS) await remember(bench, user);
  },
  async left(bench) {
    const { preferences, usage, audited } = await heldInD1(bench, 'u_1');
    return [same('what D1 holds', [usage, audited], preferences === 1 ? [1, 1] : [0, 0])];
  },
  async finish(bench) {
    const next = (await bench.goblin('user forget u_1 --yes')).code;
    const none = { preferences: 0, usage: 0, audited: 0 };
    return [
      same('the next run', next, 0),
      same('what D1 holds at the end', await heldInD1(bench, 'u_1'), none),
      same('user show', (await bench.goblin('user show u_1')).code, 3),
      same('places of the other user', await places(bench, 'u_2'), HELD),
    ];
  },
};

const HELD = ['audit', 'conversation', 'preferences', 'sessions', 'usage'];

async function remember(bench: Bench, user_id: string): Promise<void> {
  const now = Date.now();
  const usage = { endpoint: '/chat', requests: 1, errors: 0, tokens: 1, cost: 1, duration_ms: 1 };
  const session = { user_id, expires_at: now + 3_600_000, last_activity: now };
  const said = { messages: [{ timestamp: now, preview: 'hello' }], last_updated: now };
  await bench.run(
    patchPreferences(user_id, { theme: 'light' }),
    addUsage([{ ...usage, day: '2026-11-24', user_id }]),
    insertAudit([{ actor: user_id, action: 'prefs.patch', source: 'edge' }]),
  );
  await seed(bench.engine, [
    { key: `session:token-of-${user_id}`, value: session, metadata: session },
    { key: `conversation:${user_id}`, value: said },
  ]);
}

async function heldInD1(bench: Bench, user: string) {
  const [row] = await bench.rows(
    `SELECT (SELECT count(*) FROM user_preferences WHERE user_id = ?1) AS preferences,
      (SELECT count(*) FROM api_usage WHERE user_id = ?1) AS usage,
      (SELECT count(*) FROM audit_logs WHERE user_id = ?1) AS audited`,
    [user],
  );
  return row as { preferences: number; usage: number; audited: number };
}

async function places(bench: Bench, user: string): Promise<string[]> {
  const shown = (await bench.goblin(`user show ${user} --json`)).json() as { place: string }[];
  return shown.map(({ place }) => place).sort();
}

function same(what: string, found: unknown, wanted: unknown): Problem {
  const [is, should] = [JSON.stringify(found), JSON.stringify(wanted)];
  return is === should ? null : `${what}: ${is} instead of ${should}`;
}
