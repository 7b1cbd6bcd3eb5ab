/** From the configured KV namespace to a store of keys. */
import { kvApi } from '../api/kv.ts';
import type { Usage } from '../api/usage.ts';
import type { Namespace } from '../config/namespace.ts';
import { GoblinError } from '../contract/errors.ts';
import { type KvStore, kvStore } from '../kv/namespace.ts';
import type { Connection } from './connect.ts';

/** @throws {GoblinError} `namespace_not_found`, `engine_outdated` */
export async function openKv(
  connection: Connection,
  namespace: Namespace,
  usage: Usage,
): Promise<KvStore> {
  const id = namespace.kind === 'known' ? namespace.id : await deployedId(connection, namespace);
  connection.assertServes('kv', id);
  return kvStore(kvApi(connection.api), id, usage);
}

/** The id that Cloudflare gave the binding of a deployed Worker. */
async function deployedId(
  { api }: Connection,
  { binding, worker }: Namespace & { kind: 'provisioned' },
): Promise<string> {
  const { accountApi } = await import('../api/account.ts');
  const bindings = await accountApi(api).workerBindings(worker);
  const found = bindings.find(({ type, name }) => type === 'kv_namespace' && name === binding);
  const id = found?.namespace_id;
  if (typeof id === 'string' && id !== '') return id;
  throw new GoblinError(
    'notFound',
    'namespace_not_found',
    `Worker ${worker} has no KV binding ${binding}`,
    { hint: 'Deploy it with `wrangler deploy`, or pass --namespace-id.' },
  );
}
