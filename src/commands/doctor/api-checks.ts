/** Checks of the way to the resources: token, account, clock, namespace, database, permissions. */
import { type AccountApi, accountApi } from '../../api/account.ts';
import { kvApi } from '../../api/kv.ts';
import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import { duration, timestamp } from '../../output/time.ts';
import { type Check, type Finding, failed, ok, skipped, unlessMissing, warning } from './check.ts';

const DAY = 86_400_000;
/** A token that ends sooner gets a warning. */
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
    ...resourcePaths(account),
  ];
  const { result } = await firstAccepted<TokenState>(await accountOf(context), ways);
  const { status = 'active', expires_on } = Array.isArray(result) ? {} : result;
  const fix = 'Make a new token at dash.cloudflare.com/profile/api-tokens.';
  if (status !== 'active') return failed(`the token is ${status}`, fix);
  if (expires_on === undefined) return ok('accepted');
  const left = Date.parse(expires_on) - context.now();
  if (left < SOON) return warning(`the token ends in ${duration(left / 1000)}`, fix);
  return ok(`accepted, until ${expires_on}`);
}

/**
 * The first answer that is not a refusal. A token of a user and one of an account are verified at different
 * paths, and a login's at neither: it is valid if it can list something.
 */
async function firstAccepted<Result extends object>(api: AccountApi, paths: readonly string[]) {
  let first: unknown;
  for (const path of paths) {
    try {
      return await api.inspect<Result>(path);
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

const accountOf = async (context: Context) => accountApi(await context.api());

async function accountId(context: Context): Promise<string> {
  const target = await (await context.config()).target();
  return target.kind === 'remote' ? target.account.value : 'local';
}

/** A token may be allowed to list namespaces, databases, or both. */
const resourcePaths = (account: string) => [
  `/accounts/${account}/storage/kv/namespaces?per_page=20`,
  `/accounts/${account}/d1/database?per_page=10`,
];

async function account(context: Context): Promise<Finding> {
  const id = await accountId(context);
  await firstAccepted(await accountOf(context), resourcePaths(id));
  return ok(id);
}

async function clock(context: Context): Promise<Finding> {
  const paths = resourcePaths(await accountId(context));
  const { date } = await firstAccepted(await accountOf(context), paths);
  if (date === null) return skipped('the API does not send its time');
  const skew = (context.now() - date) / 1000;
  if (Math.abs(skew) <= MOST_SKEW) return ok(`within ${MOST_SKEW} s of the API's`);
  const side = skew > 0 ? 'fast' : 'slow';
  return failed(
    `this machine's clock is ${duration(Math.abs(skew))} ${side}; the API has ${timestamp(date)}`,
    'Set it, best by NTP: expiries and times left are worked out with it.',
  );
}

/** A Worker may keep its data in D1 alone, so a missing namespace fails only where there is no database. */
async function namespace(context: Context): Promise<Finding> {
  const kv = await unlessMissing(context.kv(), 'no_namespace');
  if (kv instanceof GoblinError) {
    const config = await context.config();
    const database = await unlessMissing(config.database(), 'no_database');
    if (database instanceof GoblinError) throw kv;
    return skipped(kv.message);
  }
  const { title } = await kvApi(await context.api()).namespace(kv.id);
  return ok(`${title} (${kv.id})`);
}

async function database(context: Context): Promise<Finding> {
  const found = await unlessMissing(context.database(), 'no_database');
  if (found instanceof GoblinError) return skipped(found.message);
  const { name, id, num_tables } = await found.info();
  await found.query('SELECT 1');
  const tables = num_tables === null ? '' : `, ${num_tables} tables`;
  return ok(`${name} (${id})${tables}; it can be queried`);
}

async function reading(context: Context): Promise<Finding> {
  await (await context.kv()).pages({ pageSize: 10 }).next();
  return ok('keys can be listed');
}

/**
 * Asks for a write that KV always refuses: its TTL is one second. A token without the permission is refused
 * for that reason instead, and nothing is ever written.
 */
async function writing(context: Context): Promise<Finding> {
  const { id } = await context.kv();
  const api = kvApi(await context.api());
  try {
    await api.bulkPut(id, [{ key: 'goblin:doctor', value: '', expiration_ttl: 1 }]);
  } catch (error) {
    if (!(error instanceof GoblinError)) throw error;
    if (error.outcome === 'usage') return ok('keys can be written');
    if (error.outcome !== 'access') throw error;
    return warning(
      'the token may only read',
      'To change anything it needs "Workers KV Storage Write".',
    );
  }
  return warning(
    'a TTL of one second was accepted',
    'Cloudflare does not accept that; check the API’s address.',
  );
}

export const apiChecks: readonly Check[] = [
  { name: 'token', needs: ['target'], run: token },
  { name: 'account', needs: ['token'], run: account },
  { name: 'clock', needs: ['account'], run: clock },
  { name: 'namespace', needs: ['account'], run: namespace },
  { name: 'read permission', needs: ['namespace'], run: reading },
  { name: 'write permission', needs: ['namespace'], run: writing },
  { name: 'database', needs: ['account'], run: database },
];
