/** What a command may work on. Each resource is resolved on its own when it is first asked for. */
import type { ApiClient } from '../api/client.ts';
import type { Usage } from '../api/usage.ts';
import type { Config, ResourceName } from '../config/config.ts';
import { once } from '../contract/once.ts';
import type { D1Database } from '../d1/database.ts';
import type { KvStore } from '../kv/namespace.ts';
import type { Log } from '../output/log.ts';
import type { Connection } from './connect.ts';
import type { Edge } from './edge.ts';
import type { Runtime } from './runtime.ts';

export interface Resources {
  /** The KV namespace. On a terminal it announces the target on stderr, as the other resources do. */
  kv(): Promise<KvStore>;
  /** The D1 database. Exit 4, `no_database`, where none is bound. */
  database(): Promise<D1Database>;
  /** The edge Worker and its admin routes. Exit 4, `no_edge`, where its address is unknown. */
  edge(): Promise<Edge>;
  /** Cloudflare's API, for what needs only the account. */
  api(): Promise<ApiClient>;
  /**
   * Says on stderr what this run works on: the target, and the resources it has asked for by then. Says it
   * again only where there are more of them. Every command that changes something calls it.
   */
  announceTarget(): Promise<void>;
}

export interface ResourceOptions {
  runtime: Runtime;
  config: () => Promise<Config>;
  connection: () => Promise<Connection>;
  usage: Usage;
  log: Log;
}

/** Each is resolved before the connection is made, which may have to start an engine. */
export function resources(options: ResourceOptions): Resources {
  const { runtime, config, connection, usage, log } = options;
  const used = new Set<ResourceName>();
  let announced = -1;

  async function announceTarget(): Promise<void> {
    if (used.size <= announced) return;
    announced = used.size;
    await log.target(await (await config()).line([...used]));
  }

  /** One that is not there is no part of the target: the run may be able to do without it. */
  async function use(resource: ResourceName): Promise<Config> {
    const found = await config();
    await found[resource]();
    used.add(resource);
    if (runtime.io.stderr.isTTY) await announceTarget();
    return found;
  }

  const api = async () => (await connection()).api;

  const kv = once(async () => {
    const namespace = await (await use('namespace')).namespace();
    const { openKv } = await import('./kv.ts');
    return openKv(await connection(), namespace, usage);
  });

  const database = once(async () => {
    const found = await (await use('database')).database();
    const { openDatabase } = await import('./database.ts');
    return openDatabase(await connection(), found, runtime, usage);
  });

  const edge = once(async () => {
    const where = await use('edge');
    const [address, adminToken] = [await where.edge(), await where.adminToken()];
    const { telling } = await import('../api/doing.ts');
    const { openEdge } = await import('./edge.ts');
    const fetch = telling(runtime.fetch, log, () => 'asking the edge');
    return openEdge({ address, adminToken, api, runtime: { ...runtime, fetch } });
  });

  return { kv, database, edge, api, announceTarget };
}
