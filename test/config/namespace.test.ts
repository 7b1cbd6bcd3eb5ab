import { describe, expect, it } from 'vitest';
import { type NamespaceFlags, resolveNamespace } from '../../src/config/namespace.ts';
import { readWranglerFile } from '../../src/config/wrangler-file.ts';
import { fakeMachine } from './fake-machine.ts';

const asked = { config: undefined, environment: undefined };

async function resolve(
  target: 'local' | 'remote',
  bindings: object[] | undefined,
  flags: NamespaceFlags = {},
) {
  const text = JSON.stringify({ name: 'edge', kv_namespaces: bindings });
  const disk: Record<string, string> = bindings ? { '/repo/wrangler.json': text } : {};
  const file = await readWranglerFile(fakeMachine({ disk }).files, '/repo', asked);
  const found = resolveNamespace(target, flags, file);
  const what = found.kind === 'known' ? found.id : `${found.binding} of ${found.worker}`;
  return `${found.kind} ${what} by ${found.origin}`;
}

const kv = (binding: string, id?: string, preview_id?: string) => ({ binding, id, preview_id });
const IN_FILE = 'by wrangler.json kv_namespaces';

describe('the KV namespace a command works on', () => {
  it.each<['local' | 'remote', object[] | undefined, NamespaceFlags, string]>([
    ['remote', [kv('A', 'a1')], { namespaceId: 'f00' }, 'known f00 by --namespace-id'],
    ['local', undefined, { namespaceId: 'f00' }, 'known f00 by --namespace-id'],
    ['remote', [kv('A', 'a1')], {}, `known a1 ${IN_FILE}`],
    ['remote', [kv('A', 'a1'), kv('B', 'b1')], { binding: 'B' }, `known b1 ${IN_FILE}`],
    ['remote', [kv('KV', 'k1'), kv('GOBLIN_KV', 'g1')], {}, `known g1 ${IN_FILE}`],
    ['remote', [kv('A', 'a1'), kv('KV', 'k1')], {}, `known k1 ${IN_FILE}`],
    ['remote', [kv('A', 'a1', 'p1')], {}, `known a1 ${IN_FILE}`],
    ['local', [kv('A', 'a1', 'p1')], {}, `known p1 ${IN_FILE}`],
    ['local', [kv('A', 'a1')], {}, `known a1 ${IN_FILE}`],
    ['local', [kv('A', '<your id>')], {}, `known <your id> ${IN_FILE}`],
    ['local', [kv('A')], {}, `known A ${IN_FILE}`],
    ['remote', [kv('A')], {}, `provisioned A of edge ${IN_FILE}`],
    ['remote', [kv('A', '')], {}, `provisioned A of edge ${IN_FILE}`],
  ])('%s, bindings %j, flags %j: %s', async (target, bindings, flags, said) => {
    expect(await resolve(target, bindings, flags)).toBe(said);
  });

  it.each<[string, object[] | undefined, NamespaceFlags, object]>([
    [
      'both options',
      [kv('A')],
      { namespaceId: 'f', binding: 'A' },
      { code: 'conflicting_options' },
    ],
    ['no file', undefined, {}, { code: 'no_namespace', hint: expect.stringContaining('--config') }],
    ['no namespace', [], {}, { code: 'no_namespace' }],
    [
      'several',
      [kv('A'), kv('B')],
      {},
      { code: 'which_namespace', hint: expect.stringContaining('A, B') },
    ],
    [
      'misspelt',
      [kv('CACHE'), kv('B')],
      { binding: 'CAHCE' },
      { code: 'unknown_binding', hint: 'Did you mean CACHE? Known: CACHE, B.' },
    ],
    [
      'a placeholder',
      [kv('A', '<your id>')],
      {},
      { code: 'bad_id', message: expect.stringContaining('wrangler.json kv_namespaces') },
    ],
    ['a path in place of an id', [], { namespaceId: '../x' }, { code: 'bad_id' }],
  ])('is a usage error with %s', async (_what, bindings, flags, error) => {
    await expect(resolve('remote', bindings, flags)).rejects.toMatchObject({
      outcome: 'usage',
      ...error,
    });
  });

  it('cannot be looked up at Cloudflare without the name of the Worker', async () => {
    const disk = { '/repo/wrangler.json': '{"kv_namespaces":[{"binding":"A"}]}' };
    const file = await readWranglerFile(fakeMachine({ disk }).files, '/repo', asked);
    expect(() => resolveNamespace('remote', {}, file)).toThrowError(/without a name the Worker/);
  });
});
