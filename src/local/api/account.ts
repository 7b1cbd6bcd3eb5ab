/** The token, its user, its account and the Worker: what clients ask for before they touch a namespace. */
import type { Context } from 'hono';
import { LOCAL_ACCOUNT_ID } from '../resources.ts';
import { type Api, isUuid } from './bindings.ts';
import { succeed } from './reply.ts';

const account = { id: LOCAL_ACCOUNT_ID, name: 'local', type: 'standard', settings: {} };
const onePage = { page: 1, per_page: 20, count: 1, total_count: 1, total_pages: 1 };

/** `GET /user/tokens/verify`: the guard has already checked the token. */
export const verifyToken = (c: Context) => succeed(c, { id: LOCAL_ACCOUNT_ID, status: 'active' });

/** `GET /user`. The address cannot exist: the top-level domain `invalid` is reserved. */
export const getUser = (c: Context) =>
  succeed(c, { id: LOCAL_ACCOUNT_ID, email: 'operator@goblin.invalid' });

/** `GET /accounts/{id}` */
export const getAccount = (c: Context) => succeed(c, account);

/** `GET /accounts` */
export const listAccounts = (c: Context) => succeed(c, [account], onePage);

/** `GET /memberships` */
export const listMemberships = (c: Context) =>
  succeed(c, [{ id: LOCAL_ACCOUNT_ID, status: 'accepted', account }], onePage);

/**
 * `GET /accounts/{account}/workers/scripts/{script}/settings`: clients look here for the ids of namespaces and
 * databases that the wrangler file binds without one. There is one wrangler file, whatever the script is
 * called. A database that has no id there has its binding as its id.
 */
export const getScriptSettings = (c: Context<Api>) =>
  succeed(c, {
    bindings: [
      ...c.env.KV.bound.map(({ id, name }) => ({ type: 'kv_namespace', name, namespace_id: id })),
      ...c.env.D1.bound.map(({ id, name }) => ({ type: 'd1', name: isUuid(id) ? name : id, id })),
    ],
  });
