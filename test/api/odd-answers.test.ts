/**
 * Answers that are none: HTML, failure with the status of success, an envelope without what its endpoint
 * gives. None may pass for success, and none may pass for a fault in goblin.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { answering, type Fault, faulty, type Odd, onWrites } from '../faults.ts';
import { useFolder } from '../folder.ts';
import { MEMORY_ENV, memoryApi } from '../memory-api.ts';
import { type Ran, run } from '../run.ts';

const folder = useFolder();
beforeAll(async () => {
  await writeFile(
    join(folder, 'wrangler.toml'),
    'name = "edge"\n[[kv_namespaces]]\nbinding = "GOBLIN_KV"\n',
  );
});

const envelope = (rest: object) =>
  JSON.stringify({ success: true, errors: [], messages: [], ...rest });
const result = (value: unknown) => envelope({ result: value });

/** What no endpoint answers. */
const NEVER: [string, Odd][] = [
  ['HTML', { body: '<html>', type: 'text/html' }],
  ['nothing', { body: '' }],
  ['204', { body: null, status: 204 }],
  ['null', { body: 'null' }],
  ['an array', { body: '[]' }],
  ['an empty object', { body: '{}' }],
  ['success: false', { body: '{"success":false,"errors":[{"code":7,"message":"no"}]}' }],
  ['success: false and no reason', { body: '{"success":false}' }],
  ['success as text', { body: '{"success":"true","result":{}}' }],
  ['errors beside success', { body: envelope({ errors: [{ code: 7, message: 'no' }] }) }],
  ['errors that are no array', { body: envelope({ errors: 'none', result: {} }) }],
];

/** What a bulk write of one key never gives. */
const NO_BULK: [string, Odd][] = [
  ['no result', { body: envelope({}) }],
  ['result: null', { body: result(null) }],
  ['result: {}', { body: result({}) }],
  ['result: []', { body: result([]) }],
  ['no count', { body: result({ unsuccessful_keys: [] }) }],
  [
    'a count that is too small',
    { body: result({ successful_key_count: 0, unsuccessful_keys: [] }) },
  ],
  [
    'a count that is too large',
    { body: result({ successful_key_count: 2, unsuccessful_keys: [] }) },
  ],
  ['a count as text', { body: result({ successful_key_count: '1', unsuccessful_keys: [] }) }],
  ['keys as text', { body: result({ successful_key_count: 1, unsuccessful_keys: 'none' }) }],
  ['keys that are none', { body: result({ successful_key_count: 0, unsuccessful_keys: [null] }) }],
  ['keys of others', { body: result({ successful_key_count: 0, unsuccessful_keys: ['x'] }) }],
];

/** One error, worded for what it is. */
function expectOdd({ stderr }: Ran) {
  expect(stderr).toContain('the API answered with status 20');
  expect(stderr).not.toContain('fault in goblin');
  expect(stderr).not.toContain('unexpected:');
}

const on = (path: RegExp, fault: Fault, api: ReturnType<typeof memoryApi>) =>
  faulty(api.fetch, (request) => (path.test(request.path) ? fault : undefined));

const goblin = (line: string, fetch: ReturnType<typeof memoryApi>['fetch'], stdin = '') =>
  run(`${line} --namespace-id abc`, { env: MEMORY_ENV, fetch, stdin });

describe.each([...NEVER, ...NO_BULK])('a write that is answered by %s', (_, odd) => {
  it.each([
    ['kv put k v', 'k'],
    ['flags set new_ui_enabled true --no-color', 'true'],
    ['sessions create --user u_1', 'token'],
    ['ratelimit block 203.0.113.9 --for 10m', 'is blocked'],
  ])('is not told as done: %s', async (line, word) => {
    for (const applied of [false, true]) {
      const ran = await goblin(line, onWrites(memoryApi().fetch, answering({ ...odd, applied })));
      expect([ran.code, ran.stdout]).toEqual([1, '']);
      expect(ran.stderr).toContain('the write may or may not have been applied');
      expect(ran.stderr.split('\n')).not.toContainEqual(expect.stringMatching(`^${word}`));
      expect(ran.stderr).not.toContain('is blocked');
      expectOdd(ran);
    }
  });

  it('is unknown in the report of a delete, and exit 5', async () => {
    const api = memoryApi([{ key: 'k', value: 'v' }]);
    const ran = await goblin('kv purge k --yes --json', onWrites(api.fetch, answering(odd)));
    expect([ran.code, ran.json()]).toEqual([5, [expect.objectContaining({ result: 'unknown' })]]);
    expect(ran.stderr).toContain('1 unknown (may or may not be deleted)');
    expectOdd(ran);
  });

  it('is unknown in the report of an import, and exit 5', async () => {
    const fetch = onWrites(memoryApi().fetch, answering(odd));
    const ran = await goblin('kv import - --json', fetch, '{"key":"k","value":"v"}\n');
    expect([ran.code, ran.json()]).toEqual([
      5,
      expect.objectContaining({ written: 0, unknown: 1, last_line: 0, result: 'stopped' }),
    ]);
    expect(ran.stderr).toContain('--from-line 1');
    expectOdd(ran);
  });
});

describe('a read that is answered by something else', () => {
  const stored = () => memoryApi([{ key: 'k', value: 'v', metadata: { a: 1 } }]);

  it.each([
    ...NEVER,
    ['no result', { body: envelope({ result_info: { cursor: '' } }) }],
    ['result: null', { body: envelope({ result: null, result_info: { cursor: '' } }) }],
    ['no result_info', { body: result([]) }],
    ['a cursor that is a number', { body: envelope({ result: [], result_info: { cursor: 7 } }) }],
    ['keys without a name', { body: envelope({ result: [{}], result_info: {} }) }],
    ['names alone', { body: envelope({ result: ['k'], result_info: {} }) }],
  ] as [string, Odd][])('is no page of a list: %s', async (_, odd) => {
    for (const line of ['kv export', 'kv list', 'kv purge --all --yes']) {
      const ran = await goblin(line, on(/\/keys$/, answering(odd), stored()));
      expect([line, ran.code]).toEqual([line, 1]);
      expect(ran.stderr).not.toContain('is empty');
      expectOdd(ran);
    }
  });

  it.each([
    ...NEVER,
    ['result: null', { body: result(null) }],
    ['no values', { body: result({}) }],
    ['values: null', { body: result({ values: null }) }],
    ['values: []', { body: result({ values: [] }) }],
    ['an entry without a value', { body: result({ values: { k: { metadata: null } } }) }],
    ['a value that is a number', { body: result({ values: { k: { value: 7, metadata: null } } }) }],
    ['values of others', { body: result({ values: { x: { value: '7', metadata: null } } }) }],
  ] as [string, Odd][])('is no bulk of values: %s', async (_, odd) => {
    const ran = await goblin('kv export', on(/\/bulk\/get$/, answering(odd), stored()));
    expect([ran.code, ran.stdout]).toEqual([1, '']);
    expectOdd(ran);
  });

  it('takes values of keys that are gone by null, and by leaving them out', async () => {
    for (const values of [{ k: null }, {}, { k: { value: null, metadata: null } }]) {
      const odd = answering({ body: result({ values }) });
      const ran = await goblin('kv export', on(/\/bulk\/get$/, odd, stored()));
      expect([ran.code, ran.stdout]).toEqual([0, '']);
    }
  });

  it.each(NEVER)('is no metadata: %s', async (_, odd) => {
    const ran = await goblin('kv get k --json', on(/\/metadata\//, answering(odd), stored()));
    expect([ran.code, ran.stdout]).toEqual([1, '']);
    expectOdd(ran);
  });

  it('is no value where the status is 204; an empty value is one', async () => {
    const none = answering({ body: null, status: 204 });
    const ran = await goblin('kv get k', on(/\/values\//, none, stored()));
    expect(ran.code).toBe(1);
    expectOdd(ran);
    const empty = await goblin('kv get k', on(/\/values\//, answering({}), stored()));
    expect([empty.code, empty.stdout]).toEqual([0, '']);
  });

  it.each([
    ...NEVER,
    ['result: null', { body: result(null) }],
    ['bindings that are none', { body: result({ bindings: 'none' }) }],
    ['bindings without a name', { body: result({ bindings: [{ type: 'kv_namespace' }] }) }],
  ] as [string, Odd][])("is no Worker's settings: %s", async (_, odd) => {
    const fetch = on(/\/settings$/, answering(odd), stored());
    const ran = await run('kv list', { env: MEMORY_ENV, cwd: folder, fetch });
    expect(ran.code).toBe(1);
    expectOdd(ran);
  });

  it.each([...NEVER, ['result: null', { body: result(null) }]] as [string, Odd][])(
    'fails a check of doctor without a fault in goblin: %s',
    async (_, odd) => {
      const fetch = on(/namespaces(\/abc)?$|\/verify$/, answering(odd), stored());
      const ran = await goblin('doctor --json', fetch);
      expect(ran.stdout).toContain('the API answered with status 20');
      expect(ran.stdout + ran.stderr).not.toMatch(/fault in goblin|undefined|is not a function/);
    },
  );
});

describe('a list whose cursors lead round in a circle', () => {
  it.each([
    'kv list',
    'kv list --limit 5000',
    'kv export',
    'kv purge --all --yes',
    'sessions list',
  ])('ends with an error: %s', async (line) => {
    const next: Record<string, string> = { a: 'b', b: 'a' };
    const fetch = async (url: string) => {
      const cursor = next[new URL(url).searchParams.get('cursor') ?? ''] ?? 'a';
      return Response.json(JSON.parse(envelope({ result: [], result_info: { cursor } })));
    };
    const { code, stderr } = await goblin(line, fetch);
    expect([code, stderr]).toEqual([1, expect.stringContaining('the same list cursor twice')]);
  });

  it('counts and deletes once what its pages repeat', async () => {
    const pages: Record<string, [string[], string]> = {
      '': [['a', 'b'], '1'],
      '1': [['b', 'c'], '2'],
      '2': [['a', 'd'], ''],
    };
    const sent: string[][] = [];
    const fetch = async (url: string, { body }: RequestInit) => {
      if (url.endsWith('/bulk/delete')) {
        const keys = JSON.parse(String(body)) as string[];
        sent.push(keys);
        const report = { successful_key_count: keys.length, unsuccessful_keys: [] };
        return new Response(result(report));
      }
      const [names, cursor] = pages[new URL(url).searchParams.get('cursor') ?? ''] ?? [[], ''];
      const keys = names.map((name) => ({ name }));
      return new Response(envelope({ result: keys, result_info: { cursor } }));
    };
    const listed = await goblin('kv list --json', fetch);
    expect((listed.json() as { key: string }[]).map(({ key }) => key)).toEqual([
      'a',
      'b',
      'c',
      'd',
    ]);
    const { stderr, code } = await goblin('kv purge --all --yes -v', fetch);
    expect([code, sent]).toEqual([0, [['a', 'b', 'c', 'd']]]);
    expect(stderr).toContain('4 deletes');
  });
});

it('a limit that opens in a day is exit 7, not a day of waiting', async () => {
  const waits: number[] = [];
  const api = memoryApi([{ key: 'k', value: 'v' }]);
  const { code, stderr } = await run('kv export --namespace-id abc', {
    env: MEMORY_ENV,
    onSleep: (ms) => waits.push(ms),
    fetch: async (url, init) => {
      const answer = await api.fetch(url, init);
      answer.headers.set('ratelimit', '"default";r=0;t=86400');
      return answer;
    },
  });
  expect([code, waits]).toEqual([7, []]);
  expect(stderr).toContain('86,400 s');
});

describe('a refusal whose errors are no array', () => {
  it.each(['"no"', '{"code":7}', '7', 'null', '[null, "no", {"code":"7","message":7}]'])(
    'is still told as what it is: %s',
    async (errors) => {
      const body = `{"success":false,"errors":${errors}}`;
      for (const [status, code] of [
        [400, 2],
        [403, 4],
        [429, 7],
        [500, 1],
      ] as const) {
        const ran = await goblin('kv list', answering({ status, body }) as never);
        expect([status, ran.code]).toEqual([status, code]);
        expect(ran.stderr).not.toContain('unexpected');
      }
    },
  );
});

describe('a write that is refused after it may have been applied', () => {
  const lostThen = (status: number) => {
    const api = memoryApi([{ key: 'k', value: 'old' }]);
    let writes = 0;
    const fetch = onWrites(api.fetch, async (pass, init) => {
      if (++writes > 1) {
        return answering({ status, body: '{"success":false,"errors":[]}' })(pass, init);
      }
      await pass();
      throw new TypeError('fetch failed');
    });
    return { api, fetch };
  };

  it.each([400, 403, 404, 429])('says so: %i', async (status) => {
    const put = lostThen(status);
    const ran = await goblin('kv put k new --no-expire --no-metadata', put.fetch);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('the write may or may not have been applied');
    expect(put.api.records.get('k')?.value).toBe('new');

    const { api, fetch } = lostThen(status);
    const purged = await goblin('kv purge k --yes --json', fetch);
    expect([purged.code, purged.json()]).toEqual([
      5,
      [expect.objectContaining({ result: 'unknown' })],
    ]);
    expect(api.records.size).toBe(0);
  });

  it('says nothing of the kind where nothing was ever sent', async () => {
    const dead = onWrites(memoryApi().fetch, async () => {
      throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED', syscall: 'connect' });
    });
    const { code, stderr } = await goblin('kv put k v --no-expire --no-metadata', dead);
    expect([code, stderr]).toEqual([1, expect.stringContaining('cannot reach')]);
    expect(stderr).not.toContain('may or may not');
  });
});

describe('Ctrl-C with a write in flight', () => {
  const interrupting = (api: ReturnType<typeof memoryApi>, ctrlC: AbortController) =>
    onWrites(api.fetch, async (pass) => {
      await pass();
      ctrlC.abort();
      throw new Error('aborted');
    });

  it('is told as unknown by an import, which can go on', async () => {
    const api = memoryApi();
    const ctrlC = new AbortController();
    const stdin = '{"key":"a","value":"1"}\n{"key":"b","value":"2"}\n';
    const line = 'kv import - --json --namespace-id abc';
    const ran = await run(line, {
      env: MEMORY_ENV,
      stdin,
      signal: ctrlC.signal,
      fetch: interrupting(api, ctrlC),
    });
    expect(ran.code).toBe(130);
    expect(ran.json()).toMatchObject({ written: 0, unknown: 2, last_line: 0, result: 'stopped' });
    const again = await run(`${line} --from-line 1`, { env: MEMORY_ENV, stdin, fetch: api.fetch });
    expect([again.code, again.json()]).toEqual([
      0,
      expect.objectContaining({ written: 0, unchanged: 2, conflicts: 0, last_line: 2 }),
    ]);
  });

  it('is told by a single write', async () => {
    const ctrlC = new AbortController();
    const { code, stderr } = await run('kv put k v --no-expire --no-metadata --namespace-id abc', {
      env: MEMORY_ENV,
      signal: ctrlC.signal,
      fetch: interrupting(memoryApi(), ctrlC),
    });
    expect([code, stderr]).toEqual([
      130,
      expect.stringContaining('the write may or may not have been applied'),
    ]);
  });
});
