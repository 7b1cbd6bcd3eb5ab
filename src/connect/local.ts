/** The way to the engine on this machine. Loaded for local work only. */
import type { Fetch } from '../api/http.ts';
import type { Pace } from '../api/rate-limiter.ts';
import type { Config } from '../config/config.ts';
import { localDatabases } from '../config/database.ts';
import { localNamespaces } from '../config/namespace.ts';
import { Secret } from '../config/secret.ts';
import { GoblinError } from '../contract/errors.ts';
import { attachOrStart } from '../local/attach.ts';
import { engineFetch } from '../local/engine-fetch.ts';
import { COMMAND_HEADER } from '../local/request-log.ts';
import { type Database, LOCAL_ACCOUNT_ID, type Namespace } from '../local/resources.ts';
import type { Access, ConnectOptions } from './connect.ts';

/** The embedded engine has no request quota; more than ten requests at once only queue in workerd. */
const LOCAL_PACE: Pace = { requests: Number.POSITIVE_INFINITY, windowMs: 1, parallel: 10 };

export async function localAccess(options: ConnectOptions): Promise<Access> {
  const { config, log, signal, share, command } = options;
  const { namespaces, databases } = await localResources(config);
  const engine = await attachOrStart({
    stateDir: (await config.stateDir()).value,
    namespaces,
    databases,
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
    translateErrors: (exchange) =>
      engineFetch(naming(exchange, command), engine, (text) => void log.warn(text)),
    assertServes: engine.assertServes,
    close: engine.dispose,
  };
}

/** Tells the engine which command asks. */
function naming(fetch: Fetch, command: string): Fetch {
  return (url, init) => {
    const headers = new Headers(init.headers);
    headers.set(COMMAND_HEADER, `${process.pid} ${command}`);
    return fetch(url, { ...init, headers });
  };
}

/** What an engine serves: all that the wrangler file binds, and what the options name beside it. */
export async function localResources(
  config: Config,
): Promise<{ namespaces: Namespace[]; databases: Database[] }> {
  const file = await config.wranglerFile();
  const namespaces = localNamespaces(file);
  const databases = localDatabases(file);
  const namespace = await unlessUnknown(config.localNamespace());
  if (namespace?.kind === 'known' && !namespaces.some(({ id }) => id === namespace.id)) {
    const { id, binding: title = id } = namespace;
    namespaces.push({ id, title });
  }
  const database = await unlessUnknown(config.database());
  if (database?.kind === 'known' && !databases.some(({ id }) => id === database.id)) {
    databases.push({ id: database.id, name: database.id });
  }
  return { namespaces, databases };
}

/** A resource that cannot be resolved is an error only for the command that uses it. */
async function unlessUnknown<T>(resource: Promise<T>): Promise<T | undefined> {
  try {
    return await resource;
  } catch (error) {
    if (error instanceof GoblinError) return undefined;
    throw error;
  }
}
