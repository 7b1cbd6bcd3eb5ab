/** `--jq`, by jq itself in WebAssembly. */
import { expect, it } from 'vitest';
import { MEMORY_ENV, memoryApi } from '../memory-api.ts';
import { run } from '../run.ts';

const api = () =>
  memoryApi([
    { key: 'a:1', value: 'one', metadata: { by: 'ops' } },
    { key: 'a:2', value: 'two' },
    { key: 'x\x1b[31m', value: 'hostile' },
  ]);

async function goblin(line: string, expression: string, tty = false) {
  const { fetch, records } = api();
  const words = [...line.split(' '), '--jq', expression, '--namespace-id', 'ab'.repeat(16)];
  const ran = await run(words, { fetch, tty, env: { ...MEMORY_ENV } });
  return { ...ran, records };
}

it.each([
  ['.[].key', 'a:1\na:2\nx\x1b[31m\n'],
  ['length', '3\n'],
  ['map(select(.metadata.by == "ops") | {key})', '[{"key":"a:1"}]\n'],
  ['.[] | select(false)', ''],
  ['-1 + length', '2\n'],
  ['[.[].key | test("^a")]', '[true,true,false]\n'],
])('%s filters the JSON of a list', async (expression, expected) => {
  const { code, stdout } = await goblin('kv list', expression);
  expect([code, stdout]).toEqual([0, expected]);
});

it('writes out controls on a terminal', async () => {
  const { stdout } = await goblin('kv list', '.[-1].key', true);
  expect(stdout).toBe('x\\x1b[31m\n');
});

it('takes a program of several requests in one process', async () => {
  for (const count of [1, 2])
    expect((await goblin('kv list', `.[0:${count}] | length`)).stdout).toBe(`${count}\n`);
});

it('refuses an expression that does not compile before it does anything', async () => {
  const { code, stdout, stderr, records } = await goblin('kv delete a:1 --yes', '.[] |');
  expect([code, stdout, records.has('a:1')]).toEqual([2, '', true]);
  expect(JSON.parse(stderr).error).toMatchObject({
    code: 'bad_jq',
    message: '--jq: syntax error, unexpected end of file',
  });
});

it('says that the command was carried out where the expression fails on its data', async () => {
  const { code, stderr, records } = await goblin('kv delete a:1 --yes', '.[0].key.x.y');
  expect([code, records.has('a:1')]).toEqual([2, false]);
  expect(stderr).toContain('Cannot index string with string');
  expect(stderr).toContain('was carried out');
});

it('leaves the error of the command as it is', async () => {
  const { code, stdout, stderr } = await goblin('kv get nothing', '.value');
  expect([code, stdout]).toEqual([3, '']);
  expect(JSON.parse(stderr).error.code).toBe('key_not_found');
});

it.each([
  ['kv list -o csv', 'do not go together'],
  ['kv list --watch', 'do not go together'],
])('%s with --jq is exit 2', async (line, message) => {
  const { code, stderr } = await goblin(line, '.');
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
