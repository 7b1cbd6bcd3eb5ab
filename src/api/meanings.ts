/**
 * What the API's refusals mean to an operator. The HTTP status decides first and Cloudflare's own code
 * second, because codes differ between products and versions of the API. D1's messages are those of
 * developers.cloudflare.com/d1/observability/debug-d1.
 */
import type { Outcome } from '../contract/errors.ts';

export interface Meaning {
  status: number | readonly number[];
  /** Cloudflare's codes; absent for any. */
  codes?: readonly number[];
  /** A part of the message, where neither status nor code is enough. */
  says?: RegExp;
  outcome: Outcome;
  code: string;
  message: string;
  hint: string;
  retryable?: true;
}

const ANY = { status: [400, 401, 403, 404, 429, 500] } as const;
/** As `ANY`, and where D1 itself fails. */
const ANY_FAILURE = { status: [...ANY.status, 503] };

/** The first that fits is shown. */
export const MEANINGS: readonly Meaning[] = [
  {
    ...ANY_FAILURE,
    says: /maximum DB size|maximum account storage|database or disk is full|SQLITE_FULL/i,
    outcome: 'quota',
    code: 'database_full',
    message: 'the database is full',
    hint: 'Delete what is not needed. A database holds 500 MB on the free plan and 10 GB on a paid one.',
  },
  {
    ...ANY_FAILURE,
    says: /DB is overloaded|queued for too long/i,
    outcome: 'quota',
    code: 'database_busy',
    message: 'the database has too many requests waiting',
    hint: 'Wait a moment and try again; large reads and writes are better split into smaller ones.',
    retryable: true,
  },
  {
    ...ANY_FAILURE,
    says: /(CPU time|memory) limit|exceeded timeout|SQLITE_NOMEM/i,
    outcome: 'failed',
    code: 'statement_too_heavy',
    message: 'the database stopped the statement, which took too much time or memory',
    hint: 'Narrow it by time or user, or change fewer rows at once.',
  },
  {
    ...ANY,
    says: /free (tier|plan|usage)|daily.*limit|exceeded.*(limit|quota)/i,
    outcome: 'quota',
    code: 'quota_exceeded',
    message: "the plan's limit is used up",
    hint: "The free plan's limits start anew at 00:00 UTC; a paid plan lifts them.",
  },
  {
    status: 429,
    outcome: 'quota',
    code: 'rate_limited',
    message: 'the API refuses for now: too many requests',
    hint: 'Cloudflare allows 1,200 requests in 5 minutes per user, over all tools; wait 5 minutes.',
    retryable: true,
  },
  {
    status: 401,
    outcome: 'access',
    code: 'bad_token',
    message: 'the API does not accept the token',
    hint: 'Check CLOUDFLARE_API_TOKEN, or run `wrangler login`; `goblin config show` says where it comes from.',
  },
  {
    status: 400,
    codes: [6003, 6111, 9106, 10000, 10001],
    outcome: 'access',
    code: 'bad_token',
    message: 'the API does not accept the token',
    hint: 'Check CLOUDFLARE_API_TOKEN: it may be cut short or hold a space or a line break.',
  },
  {
    status: 407,
    outcome: 'access',
    code: 'proxy_login',
    message: 'the proxy on the way to the API wants a login',
    hint: 'Write it into the variable: HTTPS_PROXY=http://user:password@host:port.',
  },
  {
    status: 403,
    outcome: 'access',
    code: 'no_permission',
    message: 'the token may not do this',
    hint: 'It needs "Workers KV Storage Read" to look and "Workers KV Storage Write" to change, for a database "D1 Read" and "D1 Write", on this account.',
  },
  {
    status: 404,
    codes: [10009],
    outcome: 'notFound',
    code: 'key_not_found',
    message: 'there is no such key',
    hint: 'It may have expired; `goblin kv list` shows what is there.',
  },
  {
    status: [400, 404],
    codes: [10011, 10013],
    outcome: 'notFound',
    code: 'namespace_not_found',
    message: 'there is no such KV namespace in this account',
    hint: 'Compare the id in the wrangler file with `goblin config show`.',
  },
  {
    status: [400, 404],
    codes: [7404],
    outcome: 'notFound',
    code: 'database_not_found',
    message: 'there is no such D1 database in this account',
    hint: 'Compare its id in the wrangler file with `wrangler d1 list`.',
  },
  {
    status: 400,
    codes: [7400],
    outcome: 'usage',
    code: 'invalid_property',
    message: 'the API refuses a part of the request to D1',
    hint: 'Check the database id in the wrangler file, and the values that were given.',
  },
  {
    status: 400,
    codes: [7500],
    says: /no such (table|column)/i,
    outcome: 'failed',
    code: 'no_such_table',
    message: 'the database lacks a table or column that is needed',
    hint: 'Apply the migrations with `goblin d1 migrate`; `goblin d1 status` shows which are pending.',
  },
  {
    status: 400,
    codes: [7500],
    outcome: 'failed',
    code: 'sql_error',
    message: 'the database refuses the statement',
    hint: '',
  },
  {
    status: [400, 404],
    codes: [7000, 7003],
    outcome: 'notFound',
    code: 'account_not_found',
    message: 'the API knows no such account or path',
    hint: 'Check CLOUDFLARE_ACCOUNT_ID or account_id in the wrangler file.',
  },
  {
    status: 404,
    outcome: 'notFound',
    code: 'not_found',
    message: 'the API knows nothing there',
    hint: 'Check the account, the ids and CLOUDFLARE_API_BASE_URL; `goblin config show` lists them.',
  },
  {
    status: 413,
    outcome: 'usage',
    code: 'too_large',
    message: 'the API refuses it as too large',
    hint: 'A value may have 25 MiB and a bulk request 100 MB.',
  },
  {
    status: 400,
    outcome: 'usage',
    code: 'refused',
    message: 'the API refuses it as invalid',
    hint: '',
  },
];
