/**
 * The API Worker: the KV and D1 parts of Cloudflare's REST API (`/client/v4`) over the real bindings of
 * this machine's engine, so that every client of Cloudflare works on local state unchanged.
 */
// Not `hono/quick`: its router is chosen by the first request, and may then fail at a later one's path.
import { Hono } from 'hono/tiny';
import { listAccounts, listMemberships, verifyToken } from './account.ts';
import type { Api } from './bindings.ts';
import { bulkDelete } from './bulk-delete.ts';
import { bulkGet } from './bulk-get.ts';
import { bulkPut } from './bulk-put.ts';
import { mountD1, mountD1Files } from './d1/routes.ts';
import { refuse } from './envelope.ts';
import { fromBinding, noRoute } from './failure.ts';
import { guard } from './guard.ts';
import { listKeys } from './keys.ts';
import { getNamespace, listNamespaces } from './namespaces.ts';
import { deleteValue, getMetadata, getValue, putValue } from './values.ts';

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

app.get('/client/v4/user/tokens/verify', verifyToken);
app.get('/client/v4/accounts', listAccounts);
app.get('/client/v4/memberships', listMemberships);

app.get(NAMESPACES, listNamespaces);
app.get(NAMESPACE, getNamespace);
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

/** A client that is still sending would see its connection break instead of why it was refused. */
async function discardBody({ body, bodyUsed }: Request): Promise<void> {
  if (body && !bodyUsed) await body.pipeTo(new WritableStream()).catch(() => {});
}

function rawPath({ url }: Request): string {
  const path = url.indexOf('/', url.indexOf('://') + 3);
  const query = url.indexOf('?', path);
  return url.slice(path, query < 0 ? undefined : query);
}

export default app;
