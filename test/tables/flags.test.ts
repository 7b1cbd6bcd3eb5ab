import { beforeEach, describe, expect, it } from 'vitest';
import {
  changeFlag,
  changeRow,
  type FlagChange,
  flagHistory,
  recentChanges,
} from '../../src/tables/flag-changes.ts';
import { type FlagState, flagOf, readFlag, readFlags } from '../../src/tables/flags.ts';
import { KINDS, useTables } from './d1.ts';
import { FIRST_GENERATION } from './databases.ts';

const state = (fields: Partial<FlagState> = {}): FlagState => ({
  value: true,
  timer: null,
  description: null,
  owner: null,
  permanent: false,
  ...fields,
});
const change = (fields: Partial<FlagChange>): FlagChange => ({
  name: 'f',
  expected: null,
  from: null,
  to: state(),
  changed_by: 'alice',
  reason: null,
  ...fields,
});

describe.each(KINDS)('in %s, a flag', (_, before) => {
  const d1 = useTables(before);
  beforeEach(() =>
    d1.query({
      sql: "DELETE FROM feature_flags WHERE flag_name = 'f'; DELETE FROM feature_flag_changes",
    }),
  );

  /** Whether the change was made, and the flag afterwards. */
  async function make(fields: Partial<FlagChange>) {
    const [inserted, , after] = await d1.run(...changeFlag(change(fields)));
    const [row] = after?.results ?? [];
    return { made: inserted?.meta.changes === 1, flag: row ? flagOf(row) : null };
  }

  it.each([true, false, 1, 25, 99.5])(
    'is kept as %s with all that belongs to it',
    async (value) => {
      const to = state({
        value,
        timer: { until: 1_767_225_600_000, then: null },
        description: "it's; 😀",
        owner: 'team',
        permanent: true,
      });
      const { made, flag } = await make({ to });
      expect(made).toBe(true);
      expect(flag).toEqual({
        ...to,
        name: 'f',
        version: 1,
        ignored_rollout: null,
        updated_at: expect.any(Number),
        updated_by: 'alice',
      });
      expect(
        await d1.rows("SELECT name, enabled FROM feature_flags WHERE flag_name = 'f'"),
      ).toEqual([{ name: 'f', enabled: value === false ? 0 : 1 }]);
    },
  );

  it('is changed by one of two operators; the other changes nothing and sees it', async () => {
    await make({});
    const winner = await make({ expected: 1, from: state(), to: state({ value: 10 }) });
    const loser = await make({ expected: 1, from: state(), to: null, changed_by: 'bob' });
    expect(winner).toMatchObject({ made: true, flag: { version: 2, value: 10 } });
    expect(loser).toMatchObject({
      made: false,
      flag: { version: 2, value: 10, updated_by: 'alice' },
    });
    expect(await d1.read(flagHistory('f', 9))).toHaveLength(2);
  });

  it('is created once', async () => {
    await make({});
    expect(await make({ to: state({ value: 5 }) })).toMatchObject({
      made: false,
      flag: { value: true },
    });
    expect(await make({ name: 'nope', expected: 3 })).toEqual({ made: false, flag: null });
  });

  it('goes on with its versions after it was removed', async () => {
    await make({});
    expect(await make({ expected: 1, from: state(), to: null })).toEqual({
      made: true,
      flag: null,
    });
    expect(await make({ to: state({ value: 30 }), reason: 'back' })).toMatchObject({
      flag: { version: 3 },
    });
    const history = (await d1.read(flagHistory('f', 9))).map(changeRow);
    expect(history).toMatchObject([
      { version: 3, from_value: null, to_value: { value: 30 }, reason: 'back' },
      { version: 2, from_value: { value: true }, to_value: null, changed_by: 'alice' },
      { version: 1, from_value: null, to_value: state() },
    ]);
    expect(await d1.read(flagHistory('f', 1, 3))).toMatchObject([{ version: 2 }]);
    expect(await d1.read(recentChanges(2))).toHaveLength(2);
  });

  it('is found by key, its changes by index', async () => {
    const plans = {
      flag: await d1.plan(readFlag('f')),
      history: await d1.plan(flagHistory('f', 9)),
      recent: await d1.plan(recentChanges(9)),
    };
    expect(plans.flag.join()).toMatch(/^SEARCH feature_flags USING (PRIMARY KEY|INDEX)/);
    expect(plans.history.join()).toBe(
      'SEARCH feature_flag_changes USING PRIMARY KEY (flag_name=? AND version<?)',
    );
    expect(plans.recent.join()).toBe(
      'SCAN feature_flag_changes USING INDEX feature_flag_changes_time',
    );
    for (const statement of changeFlag(change({ expected: 1 }))) {
      expect((await d1.plan(statement)).join()).not.toMatch(/SCAN feature/);
    }
  });
});

describe('flags of the first generation', () => {
  const d1 = useTables(FIRST_GENERATION);
  const values = async () => {
    const flags = (await d1.read(readFlags())).map(flagOf);
    return Object.fromEntries(
      flags.map((flag) => [flag?.name, [flag?.value, flag?.ignored_rollout]]),
    );
  };

  it('mean what they meant: on for all or off, whatever the percentage', async () => {
    expect(await values()).toEqual({
      api_enabled: [true, null],
      rate_limiting_enabled: [true, null],
      new_ui_enabled: [false, null],
      experimental_features: [false, null],
      beta_chat: [true, 10],
    });
  });

  it('have a percentage once an operator has decided', async () => {
    await d1.run(
      ...changeFlag(
        change({ name: 'beta_chat', expected: 0, from: state(), to: state({ value: 10 }) }),
      ),
    );
    expect((await values()).beta_chat).toEqual([10, null]);
    const [row] = await d1.read(readFlag('beta_chat'));
    expect(row).toMatchObject({ enabled: 1, rollout_percentage: 10, version: 1 });
  });
});

it.each([
  [{ flag_name: 'f', enabled: 1 }, true],
  [{ flag_name: 'f', enabled: 0, rollout_percentage: 100 }, false],
  [{ flag_name: 'f', enabled: null }, false],
  [{ flag_name: 'f', enabled: 1, rollout_percentage: 0, version: 1 }, false],
  [{ flag_name: 'f', enabled: 1, rollout_percentage: 30, version: 1, timer: '{broken' }, 30],
  [{ key: 'f', value: 'true' }, true],
  [{ key: 'f', value: '1' }, true],
  [{ key: 'f', value: '0' }, false],
  [{ key: 'f', value: '{"a":1}' }, false],
])('the row %j is the flag %s', (row, value) => {
  expect(flagOf(row)).toMatchObject({ name: 'f', value, timer: null, permanent: false });
});

it('a row without a name is no flag', () => {
  expect(flagOf({ enabled: 1 })).toBeNull();
});
