/** From the configured D1 database to a client for it. */
import { accountApi } from '../api/account.ts';
import { type D1Api, d1Api } from '../api/d1.ts';
import type { D1Info, D1Meta } from '../api/d1-shapes.ts';
import type { Usage } from '../api/usage.ts';
import { type Database, unknownDatabase } from '../config/database.ts';
import { GoblinError } from '../contract/errors.ts';
import { type D1Database, d1Database } from '../d1/database.ts';
import type { Connection } from './connect.ts';
import type { Runtime } from './runtime.ts';

/** @throws {GoblinError} `database_not_found`, `engine_outdated` */
export async function openDatabase(
  connection: Connection,
  database: Database,
  runtime: Runtime,
  usage: Usage,
): Promise<D1Database> {
  const api = d1Api(connection.api);
  const id = await idOf(connection, api, database);
  connection.assertServes('d1', id);
  const { fetch, sleep, signal } = runtime;
  const onMeta = ({ rows_read, rows_written }: D1Meta) => {
    usage['d1.rows_read'] += rows_read;
    usage['d1.rows_written'] += rows_written;
  };
  return d1Database({ api, id, onMeta, fetch, sleep, signal });
}

async function idOf(connection: Connection, api: D1Api, database: Database): Promise<string> {
  if (database.kind === 'known') return database.id;
  if (database.kind === 'provisioned') return deployedId(connection, database);
  const { name } = database;
  const similar = await databasesLike(api, name);
  const found = similar.find((each) => each.name === name);
  if (found) return found.id;
  const known = similar.length > 0 ? similar : await databasesLike(api, '');
  throw unknownDatabase(
    database,
    known.map((each) => each.name),
  );
}

async function databasesLike(api: D1Api, name: string): Promise<D1Info[]> {
  const found: D1Info[] = [];
  for (let page = 1; ; page++) {
    const { databases, last } = await api.list(name, page);
    found.push(...databases);
    if (last) return found;
  }
}

/** The id that Cloudflare gave the binding of a deployed Worker. */
async function deployedId(
  { api }: Connection,
  { binding, worker }: Database & { kind: 'provisioned' },
): Promise<string> {
  const bindings = await accountApi(api).workerBindings(worker);
  const found = bindings.find(({ type, name }) => type === 'd1' && name === binding);
  const id = found?.id ?? found?.database_id;
  if (typeof id === 'string' && id !== '') return id;
  throw new GoblinError(
    'notFound',
    'database_not_found',
    `Worker ${worker} has no D1 binding ${binding}`,
    { hint: 'Deploy it with `wrangler deploy`, or pass --database <name or id>.' },
  );
}
