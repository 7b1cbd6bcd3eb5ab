import { describe, expect, it } from 'vitest';
import { type Context, createContext } from '../../src/context.ts';
import { GoblinError } from '../../src/contract/errors.ts';
import { carryOut, type Plan } from '../../src/plan/plan.ts';
import { allOf, type Step } from '../../src/plan/step.ts';
import { fakeIo } from '../io.ts';

interface Row {
  key: string;
  before?: string;
}

const changes = ['a', 'b'].map((id) => ({ id, row: { key: `key ${id}` } }));

function step(id: string, over: Partial<Step<Row>> = {}): Step<Row> {
  const changes = [{ id, row: { key: id } }];
  return { changes, cost: {}, apply: async () => allOf(changes, 'done'), ...over };
}

function plan(over: Partial<Plan<Row>> = {}): Plan<Row> {
  return {
    verb: ['delete', 'deleted'],
    noun: ['key', 'keys'],
    columns: [{ name: 'key', kind: 'text' }],
    steps: [{ changes, cost: {}, apply: async () => allOf(changes, 'done') }],
    ...over,
  };
}

interface Given {
  env?: Record<string, string>;
  answer?: boolean;
  readOnly?: true;
  remote?: boolean;
}

/** A terminal on which every question is answered alike, and what was asked. */
function terminal({ env = {}, answer = true, readOnly, remote = false }: Given = {}) {
  const asked: string[] = [];
  const token = { CLOUDFLARE_API_TOKEN: 't', CLOUDFLARE_ACCOUNT_ID: 'a'.repeat(32) };
  const io = fakeIo({ tty: true, env: { ...(remote ? token : {}), ...env } });
  const around = {
    io,
    signal: new AbortController().signal,
    now: () => 0,
    sleep: async () => {},
    random: () => 0,
    deadline: AbortSignal.timeout,
    fetch,
  };
  const options = { color: env.FORCE_COLOR !== undefined, namespaceId: 'b'.repeat(32) };
  const context: Context = {
    ...createContext(around, { ...options, ...(readOnly && { readOnly }), output: 'json' }),
    prompt: async () => ({
      async confirm(question) {
        asked.push(question);
        return answer;
      },
      async confirmByTyping(question, word) {
        asked.push(question, word);
        return answer;
      },
    }),
  };
  return { context, io, asked };
}

const results = (text: string) =>
  (JSON.parse(text) as { result: string }[]).map(({ result }) => result);

describe('before a plan is applied', () => {
  it('its question names what, how many and where', async () => {
    const { context, asked } = terminal();
    await carryOut(context, plan(), {});
    expect(asked).toEqual(['Delete 2 keys on this machine (local, bbbb…bbbb)?']);
  });

  it('a plan that takes everything asks for a word, not for a yes', async () => {
    const { context, io, asked } = terminal({ answer: false, remote: true });
    const refused = carryOut(context, plan({ severe: 'GOBLIN_KV' }), {});
    await expect(refused).rejects.toMatchObject({ outcome: 'unconfirmed' });
    expect(asked).toEqual(['Delete 2 keys on Cloudflare (remote, bbbb…bbbb)?', 'GOBLIN_KV']);
    expect(io.stdout.text).toBe('');
  });

  it('a sample is shown below its column heads, with the count of what is not shown', async () => {
    const many = Array.from({ length: 7 }, (_, i) => ({ id: `${i}`, row: { key: `k${i}` } }));
    const { context, io } = terminal();
    const apply = async () => allOf(many, 'done');
    const sampleColumns = [{ name: 'key', kind: 'text' } as const];
    await carryOut(
      context,
      plan({ sampleColumns, steps: [{ changes: many, cost: {}, apply }] }),
      {},
    );
    expect(io.stderr.text).toContain('\nKEY\nk0\nk1\nk2\nk3\nk4\n… and 2 more\nCost: ');
  });

  it('a remote target stands out by its colour, a local one does not', async () => {
    for (const remote of [true, false]) {
      const { context, io } = terminal({ remote, env: { FORCE_COLOR: '1' } });
      await carryOut(context, plan(), { dryRun: true });
      expect(/\x1b\[[0-9;]*m[^ ]*remote/.test(io.stderr.text)).toBe(remote);
    }
  });

  it.each([
    [true, "Cost: 1 request, 300 deletes (30% of the free plan's day), 5 D1 rows written (0.0%"],
    [false, 'Cost: 1 request, 300 deletes, 5 D1 rows written.\n'],
  ])(
    'its cost is told in the units of its steps; shares of the free plan if remote: %s',
    async (remote, text) => {
      const steps = [
        step('key', { cost: { requests: 1, 'kv.delete': 300 } }),
        step('row', { cost: { 'd1.rows_written': 5 } }),
      ];
      const { context, io } = terminal({ remote });
      await carryOut(context, plan({ steps }), { dryRun: true });
      expect(io.stderr.text).toContain(`Would delete 2 keys. ${text}`);
    },
  );

  it('--max-ops counts what is billed in every store', async () => {
    const cost = { requests: 9, 'kv.delete': 3, 'd1.rows_written': 3 };
    const { context } = terminal();
    await expect(
      carryOut(context, plan({ steps: [step('a', { cost })] }), { maxOps: 5 }),
    ).rejects.toMatchObject({
      code: 'too_many_operations',
      message: 'this takes 6 operations (3 deletes, 3 D1 rows written), more than --max-ops 5',
    });
  });

  it('a read-only run refuses it without a question, and still shows a dry run', async () => {
    const { context, asked, io } = terminal({ readOnly: true });
    await expect(carryOut(context, plan(), {})).rejects.toMatchObject({
      outcome: 'access',
      code: 'read_only',
      message: 'cannot delete 2 keys: this run is read-only',
    });
    expect(asked).toEqual([]);
    await carryOut(context, plan(), { dryRun: true });
    expect(results(io.stdout.text)).toEqual(['planned', 'planned']);
  });
});

describe('a plan of several stores', () => {
  const stop = new GoblinError('failed', 'api_cut_off', 'cut off', { retryable: true });

  it('reports each change of each step', async () => {
    const { context, io } = terminal();
    await carryOut(context, plan({ steps: [step('key'), step('row'), step('room')] }), {});
    expect(results(io.stdout.text)).toEqual(['deleted', 'deleted', 'deleted']);
  });

  it('does not try the steps after one that stopped', async () => {
    const { context, io } = terminal();
    const broken = step('row', {
      apply: async () => allOf([{ id: 'row', row: {} }], 'unknown', stop),
    });
    const refused = carryOut(context, plan({ steps: [step('key'), broken, step('room')] }), {});
    await expect(refused).rejects.toMatchObject({
      outcome: 'partial',
      message: '1 deleted, 1 unknown (may or may not be deleted), 1 not tried (cut off)',
    });
    expect(results(io.stdout.text)).toEqual(['deleted', 'unknown', 'untried']);
  });

  it.each([
    [true, 'unknown'],
    [false, 'untried'],
  ])(
    'reports what was done if a later step throws (may be applied: %s)',
    async (maybeApplied, result) => {
      const { context, io } = terminal();
      const throwing = step('row', { apply: () => Promise.reject(stop.with({ maybeApplied })) });
      const refused = carryOut(context, plan({ steps: [step('key'), throwing] }), {});
      await expect(refused).rejects.toMatchObject({ outcome: 'partial', code: 'partly_done' });
      expect(results(io.stdout.text)).toEqual(['deleted', result]);
    },
  );

  it('throws what its first step threw if nothing was applied', async () => {
    const { context, io } = terminal();
    const throwing = step('row', { apply: () => Promise.reject(stop) });
    await expect(carryOut(context, plan({ steps: [throwing, step('key')] }), {})).rejects.toBe(
      stop,
    );
    expect(io.stdout.text).toBe('');
  });
});
