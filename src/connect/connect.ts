/** From a target to an API that can be called: Cloudflare's, or the embedded engine's. */

import { workerBindings } from '../api/answers.ts';
import { type ApiAccess, type CloudflareApi, cloudflareApi, secretOf } from '../api/client.ts';
import type { Fetch } from '../api/http.ts';
import { CLOUDFLARE_PACE, type Pace } from '../api/rate-limiter.ts';
import { withoutWrites } from '../api/read-only.ts';
import { redactor } from '../api/redact.ts';
import { withRetry } from '../api/retry.ts';
import { wholeExchange } from '../api/transport.ts';
import type { Usage } from '../api/usage.ts';
import type { Config } from '../config/config.ts';
import { localDatabases } from '../config/database.ts';
import { localId } from '../config/namespace.ts';
import type { Target } from '../config/target.ts';
import type { WranglerFile } from '../config/wrangler-file.ts';
import { GoblinError } from '../contract/errors.ts';
import { type KvStore, kvStore } from '../kv/namespace.ts';
import type { Log } from '../output/log.ts';
import type { Runtime } from './runtime.ts';

export interface Connection {
  api: CloudflareApi;
  close(): Promise<void>;
}

export interface ConnectOptions extends Runtime {
  config: Config;
  log: Log;
  usage: Usage;
  /** Whether other commands may use the engine that this one starts. */
  share: boolean;
  /** Whether every request is refused that may change something. */
  isReadOnly: boolean;
}

type Access = Pick<ApiAccess, 'baseUrl' | 'credentials' | 'accountId'> & {
  pace: Pace;
  /** Turns failures of the connection into errors that fit this target. */
  translateErrors(exchange: Fetch): Fetch;
  close(): Promise<void>;
};

/** The embedded engine has no request quota; more than ten requests at once only queue in workerd. */
const LOCAL_PACE: Pace = { requests: Number.POSITIVE_INFINITY, windowMs: 1, parallel: 10 };

/** @throws {GoblinError} where there is no target, no credentials, or no engine. */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const target = await options.config.target();
  const access = target.kind === 'remote' ? remote(target) : await local(options);
  const redact = redactor(secretOf(access.credentials));
  const retrying = withRetry(access.translateErrors(wholeExchange(options.fetch)), {
    pace: access.pace,
    clock: options,
    usage: options.usage,
    onWait: (ms, reason) => {
      void options.log.note(`waiting ${Math.ceil(ms / 1000)} s: ${redact(reason)}`);
    },
  });
  const fetch = options.isReadOnly ? withoutWrites(retrying) : retrying;
  const api = cloudflareApi({ ...access, fetch, signal: options.signal });
  return { api, close: access.close };
}

function remote({ apiBase, account, credentials }: Target & { kind: 'remote' }): Access {
  return {
    baseUrl: apiBase.value,
    credentials: credentials.value,
    accountId: account.value,
    pace: CLOUDFLARE_PACE,
    translateErrors: (exchange) => exchange,
    close: async () => {},
  };
}

async function local({ config, log, signal, share }: ConnectOptions): Promise<Access> {
  const [{ attachOrStart }, { engineFetch }, { LOCAL_ACCOUNT_ID }, { Secret }] = await Promise.all([
    import('../local/attach.ts'),
    import('../local/engine-fetch.ts'),
    import('../local/namespaces.ts'),
    import('../config/secret.ts'),
  ]);
  const { value: stateDir } = await config.stateDir();
  const engine = await attachOrStart({
    stateDir,
    namespaces: (await localNamespaces(config)).all,
    databases: localDatabases(await config.wranglerFile()),
    signal,
    share,
    onWait: (pid) => {
      void log.note(`waiting for another goblin${pid === null ? '' : ` (process ${pid})`} to end`);
    },
  });
  return {
    baseUrl: engine.baseUrl,
    credentials: { kind: 'token', token: new Secret(engine.token) },
    accountId: LOCAL_ACCOUNT_ID,
    pace: LOCAL_PACE,
    translateErrors: (exchange) => engineFetch(exchange, engine, (text) => void log.warn(text)),
    close: engine.dispose,
  };
}

/** The namespaces that an engine has to serve: those of the wrangler file, and the one in use. */
export async function localNamespaces(config: Config): Promise<LocalNamespaces> {
  const found = await config.localNamespace();
  const inFile = namespacesOf(await config.wranglerFile());
  if (found.kind !== 'known') return { used: undefined, all: inFile };
  const { id, binding: title = id } = found;
  const used = inFile.find((namespace) => namespace.id === id) ?? { id, title };
  return { used, all: [...new Set([...inFile, used])] };
}

interface LocalNamespaces {
  used: LocalNamespace | undefined;
  all: LocalNamespace[];
}

interface LocalNamespace {
  id: string;
  title: string;
}

/**
 * A wrangler file's namespaces by the ids they have locally, titled by their bindings. Those of every
 * environment: one engine serves a state, and a command may need two environments.
 */
function namespacesOf(file: WranglerFile | undefined): LocalNamespace[] {
  const bindings = [
    ...(file?.kvNamespaces.value ?? []),
    ...(file?.allKvNamespaces ?? []),
  ].reverse();
  const titles = new Map(bindings.map((binding) => [localId(binding), binding.binding]));
  return [...titles].map(([id, title]) => ({ id, title }));
}

/** The namespace that the configuration names. */
export async function openKv(api: CloudflareApi, config: Config, usage: Usage): Promise<KvStore> {
  const namespace = await config.namespace();
  if (namespace.kind === 'known') return kvStore(api, namespace.id, usage);
  const { binding, worker } = namespace;
  const bindings = await api.get(`workers/scripts/${worker}/settings`, workerBindings);
  const found = bindings.find(({ type, name }) => type === 'kv_namespace' && name === binding);
  const id = found?.namespace_id;
  if (typeof id === 'string' && id !== '') return kvStore(api, id, usage);
  throw new GoblinError(
    'notFound',
    'namespace_not_found',
    `Worker ${worker} has no KV binding ${binding}`,
    {
      hint: 'Deploy it with `wrangler deploy`, or pass --namespace-id <id>.',
    },
  );
}
