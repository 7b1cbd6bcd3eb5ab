/** Checks of the way to the namespace: token, account, clock, permissions. */

import type { CloudflareApi } from '../../api/client.ts';
import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import { duration, timestamp } from '../../output/time.ts';
import { MIN_PAGE_KEYS } from '../../shards/kv-limits.ts';
import { type Check, type Finding, failed, ok, skipped, warning } from './check.ts';

const DAY = 86_400_000;
/** A token that ends sooner is worth a word. */
const SOON = 7 * DAY;
/** Seconds by which clocks may differ: more shifts every expiry that is worked out here. */
const MOST_SKEW = 30;

interface TokenState {
  status?: string;
  expires_on?: string;
}

async function token(context: Context): Promise<Finding> {
  const account = await accountId(context);
  const ways = [
    '/user/tokens/verify',
    `/accounts/${account}/tokens/verify`,
    namespacesPath(account),
  ];
  const { status = 'active', expires_on } = await firstAccepted(await context.api(), ways);
  const mend = 'Make a new token at dash.cloudflare.com/profile/api-tokens.';
  if (status !== 'active') return failed(`the token is ${status}`, mend);
  if (expires_on === undefined) return ok('accepted');
  const left = Date.parse(expires_on) - context.now();
  if (left < SOON) return warning(`the token ends in ${duration(left / 1000)}`, mend);
  return ok(`accepted, until ${expires_on}`);
}

/**
 * A token of a user and one of an account are verified at different addresses, and a login's at neither:
 * it has to show by what it opens.
 */
async function firstAccepted(api: CloudflareApi, ways: readonly string[]): Promise<TokenState> {
  let first: unknown;
  for (const path of ways) {
    try {
      const { result } = await api.inspect<TokenState>(path);
      return Array.isArray(result) ? {} : result;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      first ??= error;
    }
  }
  throw first;
}

function isRefusal(error: unknown): boolean {
  return error instanceof GoblinError && ['access', 'usage', 'notFound'].includes(error.outcome);
}

async function accountId(context: Context): Promise<string> {
  const target = await (await context.config()).target();
  return target.kind === 'remote' ? target.account.value : 'local';
}

const namespacesPath = (account: string) =>
  `/accounts/${account}/storage/kv/namespaces?per_page=20`;

async function account(context: Context): Promise<Finding> {
  const id = await accountId(context);
  await (await context.api()).inspect(namespacesPath(id));
  return ok(id);
}

async function clock(context: Context): Promise<Finding> {
  const path = namespacesPath(await accountId(context));
  const { date } = await (await context.api()).inspect(path);
  if (date === null) return skipped('the API does not tell its time');
  const skew = (context.now() - date) / 1000;
  if (Math.abs(skew) <= MOST_SKEW) return ok(`within ${MOST_SKEW} s of the API's`);
  const side = skew > 0 ? 'fast' : 'slow';
  return failed(
    `this machine's clock is ${duration(Math.abs(skew))} ${side}; the API has ${timestamp(date)}`,
    'Set it, best by NTP: expiries and times left are worked out with it.',
  );
}

async function namespace(context: Context): Promise<Finding> {
  const { id } = await context.kv();
  const { title } = await (await context.api()).namespace(id);
  return ok(`${title} (${id})`);
}

async function reading(context: Context): Promise<Finding> {
  await (await context.kv()).pages({ pageSize: MIN_PAGE_KEYS }).next();
  return ok('keys can be listed');
}

/**
 * Asks for a write that KV refuses in any case, with a TTL of one second: who has no permission is told so
 * instead, and nothing is ever written.
 */
async function writing(context: Context): Promise<Finding> {
  const { id } = await context.kv();
  const api = await context.api();
  try {
    await api.bulkPut(id, [{ key: 'goblin:doctor', value: '', expiration_ttl: 1 }]);
  } catch (error) {
    if (!(error instanceof GoblinError)) throw error;
    if (error.outcome === 'usage') return ok('keys can be written');
    if (error.outcome !== 'access') throw error;
    return warning(
      'the token may only look',
      'To change anything it needs "Workers KV Storage Write".',
    );
  }
  return warning(
    'a TTL of one second was accepted',
    'This is not how Cloudflare answers; check the API’s address.',
  );
}

export const apiChecks: readonly Check[] = [
  { name: 'token', needs: ['target'], run: token },
  { name: 'account', needs: ['token'], run: account },
  { name: 'clock', needs: ['account'], run: clock },
  { name: 'namespace', needs: ['account'], run: namespace },
  { name: 'read permission', needs: ['namespace'], run: reading },
  { name: 'write permission', needs: ['namespace'], run: writing },
];
