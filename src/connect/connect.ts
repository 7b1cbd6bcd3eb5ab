/** From a target to an API that can be called: Cloudflare's, or the embedded engine's. */
import { type ApiAccess, type ApiClient, apiClient, secretOf } from '../api/client.ts';
import { telling } from '../api/doing.ts';
import type { Fetch } from '../api/http.ts';
import { CLOUDFLARE_PACE, type Pace } from '../api/rate-limiter.ts';
import { withoutWrites } from '../api/read-only.ts';
import { redactor } from '../api/redact.ts';
import { withRetry } from '../api/retry.ts';
import { wholeExchange } from '../api/transport.ts';
import type { Usage } from '../api/usage.ts';
import type { Config } from '../config/config.ts';
import type { Target } from '../config/target.ts';
import type { Log } from '../output/log.ts';
import type { Runtime } from './runtime.ts';

export interface Connection {
  api: ApiClient;
  /**
   * Makes sure that a KV namespace or a D1 database can be reached before it is used.
   * @throws {GoblinError} `engine_outdated` where a running local engine does not serve it
   */
  assertServes(kind: 'kv' | 'd1', id: string): void;
  close(): Promise<void>;
}

export interface ConnectOptions extends Runtime {
  config: Config;
  log: Log;
  usage: Usage;
  /** The command that connects, as the audit log names it. */
  command: string;
  /** Whether other commands may use the engine that this one starts. */
  share: boolean;
  /** Whether every request is refused that may change something. */
  isReadOnly: boolean;
}

/** How a target is reached. */
export type Access = Pick<ApiAccess, 'baseUrl' | 'credentials' | 'accountId'> &
  Omit<Connection, 'api'> & {
    pace: Pace;
    /** Turns failures of the connection into errors that fit this target. */
    translateErrors(exchange: Fetch): Fetch;
  };

/** @throws {GoblinError} where there is no target, no credentials, or no engine. */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const target = await options.config.target();
  const access = target.kind === 'remote' ? remote(target) : await startedLocally(options);
  const redact = redactor(secretOf(access.credentials));
  const retrying = withRetry(access.translateErrors(wholeExchange(options.fetch)), {
    pace: access.pace,
    clock: options,
    usage: options.usage,
    onWait: (ms, reason) => {
      void options.log.note(`waiting ${Math.ceil(ms / 1000)} s: ${redact(reason)}`);
    },
  });
  const told = telling(retrying, options.log);
  const fetch = options.isReadOnly ? withoutWrites(told) : told;
  const { assertServes, close } = access;
  return { api: apiClient({ ...access, fetch, signal: options.signal }), assertServes, close };
}

function remote({ apiBase, account, credentials }: Target & { kind: 'remote' }): Access {
  return {
    baseUrl: apiBase.value,
    credentials: credentials.value,
    accountId: account.value,
    pace: CLOUDFLARE_PACE,
    translateErrors: (exchange) => exchange,
    assertServes: () => {},
    close: async () => {},
  };
}

async function startedLocally(options: ConnectOptions): Promise<Access> {
  const end = options.log.waiting('starting the local engine');
  try {
    return await local(options);
  } finally {
    await end();
  }
}

async function local(options: ConnectOptions): Promise<Access> {
  const { localAccess } = await import('./local.ts');
  return localAccess(options);
}
