/** The token, its account and its memberships: what clients ask for before they touch a namespace. */
import type { Context } from 'hono';
import { LOCAL_ACCOUNT_ID } from '../namespaces.ts';
import { succeed } from './envelope.ts';

const account = { id: LOCAL_ACCOUNT_ID, name: 'local', type: 'standard', settings: {} };
const onePage = { page: 1, per_page: 20, count: 1, total_count: 1, total_pages: 1 };

/** `GET /user/tokens/verify`: the guard has already checked the token. */
export const verifyToken = (c: Context) => succeed(c, { id: LOCAL_ACCOUNT_ID, status: 'active' });

/** `GET /accounts` */
export const listAccounts = (c: Context) => succeed(c, [account], onePage);

/** `GET /memberships` */
export const listMemberships = (c: Context) =>
  succeed(c, [{ id: LOCAL_ACCOUNT_ID, status: 'accepted', account }], onePage);
