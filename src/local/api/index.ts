/**
 * The API Worker: the KV and D1 parts of Cloudflare's REST API (`/client/v4`) over the real bindings of
 * this machine's engine, so that every client of Cloudflare works on local state unchanged.
 */
import type { Context, Next } from 'hono';
import { Hono } from 'hono/tiny';
import {
  getAccount,
  getScriptSettings,
  getUser,
  listAccounts,
  listMemberships,
  verifyToken,
} from './account.ts';
import { announce } from './announce.ts';
import type { Api } from './bindings.ts';
import { bulkDelete, bulkGet } from './bulk.ts';
import { bulkPut } from './bulk-put.ts';
import { mountD1, mountD1Files } from './d1/routes.ts';
import { guard } from './guard.ts';
import { listKeys } from './keys.ts';
import {
  createNamespace,
  deleteNamespace,
  getNamespace,
  listNamespaces,
  renameNamespace,
} from './namespaces.ts';
import { fromBinding, noRoute, refuse } from './reply.ts';
import { deleteValue, getMetadata, getValue, putValue } from './values.ts';

// Not `hono/quick`: its router is chosen by the first request, and may then fail at a later one's path.

const NAMESPACES = '/client/v4/accounts/:account/storage/kv/namespaces';
const NAMESPACE = `${NAMESPACES}/:namespace`;

/** Paths are matched as they were sent: hono's own decoding would merge different keys. */
const app = new Hono<Api>({ getPath: rawPath });

app.onError(async (error, c) => {
  await discardBody(c.req.raw);
  return refuse(c, fromBinding(error));
});
app.notFound((c) => refuse(c, noRoute()));
mountD1Files(app);
app.use(guard);
app.use(announce);
app.use(freshClock);

app.get('/client/v4/user/tokens/verify', verifyToken);
app.get('/client/v4/user', getUser);
app.get('/client/v4/accounts', listAccounts);
app.get('/client/v4/accounts/:account', getAccount);
app.get('/client/v4/memberships', listMemberships);

app.get('/client/v4/accounts/:account/workers/scripts/:script/settings', getScriptSettings);

app.get(NAMESPACES, listNamespaces);
app.post(NAMESPACES, createNamespace);
app.get(NAMESPACE, getNamespace);
app.put(NAMESPACE, renameNamespace);
app.delete(NAMESPACE, deleteNamespace);
app.get(`${NAMESPACE}/keys`, listKeys);
app.get(`${NAMESPACE}/values/*`, getValue);
app.put(`${NAMESPACE}/values/*`, putValue);
app.delete(`${NAMESPACE}/values/*`, deleteValue);
app.get(`${NAMESPACE}/metadata/*`, getMetadata);
app.put(`${NAMESPACE}/bulk`, bulkPut);
app.delete(`${NAMESPACE}/bulk`, bulkDelete);
app.post(`${NAMESPACE}/bulk/delete`, bulkDelete);
app.post(`${NAMESPACE}/bulk/get`, bulkGet);

mountD1(app);

/**
 * workerd's clock stands still while it is busy, and its limit for idle connections counts by that clock. So
 * after long work the loop gets a turn before the answer leaves, or the client's next request would meet a
 * connection that was closed right behind it.
 */
async function freshClock({ req }: Context, next: Next): Promise<void> {
  await next();
  if (req.method !== 'GET') await scheduler.wait(1);
}

/** A client that is still sending would see its connection break instead of why it was refused. */
async function discardBody({ body, bodyUsed }: Request): Promise<void> {
  if (body && !bodyUsed) await body.pipeTo(new WritableStream()).catch(() => {});
}

function rawPath({ url }: Request): string {
  const path = url.indexOf('/', url.indexOf('://') + 3);
  const query = url.indexOf('?', path);
  return url.slice(path, query < 0 ? undefined : query);
}

/** Under the name `API_ENTRYPOINT`. */
export { app as Api };

export default { fetch: () => new Response(null, { status: 404 }) };
