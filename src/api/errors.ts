/**
 * What the API's refusals mean to an operator. The HTTP status decides first and Cloudflare's own code
 * second, because codes differ between products and versions of the API.
 */
import { type Details, GoblinError, type Outcome } from '../contract/errors.ts';

/** What the API says of a failure. */
export interface ApiMessage {
  code?: number;
  message?: string;
}

/** An answer that is an error: the status, and the envelope's `errors`. */
export interface Refusal {
  status: number;
  errors: readonly ApiMessage[];
  requestId?: string | undefined;
}

interface Meaning {
  status: number | readonly number[];
  /** Cloudflare's codes; absent for any. */
  codes?: readonly number[];
  /** What the message says, where neither status nor code tells. */
  says?: RegExp;
  outcome: Outcome;
  code: string;
  message: string;
  hint: string;
  retryable?: true;
}

const ANY = { status: [400, 401, 403, 404, 429, 500] } as const;

// The first that fits is told.
const MEANINGS: readonly Meaning[] = [
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
    hint: 'Check CLOUDFLARE_API_TOKEN, or run `wrangler login`; `goblin config show` tells where it comes from.',
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
    hint: 'It needs "Workers KV Storage Read" to look and "Workers KV Storage Write" to change, on this account.',
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
    hint: 'Check the account, the namespace and CLOUDFLARE_API_BASE_URL; `goblin config show` lists them.',
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

/** "Authentication error (10000)" of each. */
export function reasons(errors: readonly ApiMessage[], status: number): string[] {
  return errors.map(({ code, message }) => `${message ?? 'no message'} (${code ?? status})`);
}

/** The error to show for a refusal. */
export function refusalError({ status, errors, requestId }: Refusal, cause?: unknown): GoblinError {
  const said = reasons(errors, status);
  const details: Details = { requestId, cause };
  const meaning = MEANINGS.find((candidate) => fits(candidate, status, errors));
  if (!meaning) {
    return new GoblinError(
      'failed',
      'api_error',
      withReasons(`the API failed with status ${status}`, said),
      {
        ...details,
        hint: 'Try again; if it goes on, look at cloudflarestatus.com.',
        retryable: status >= 500,
      },
    );
  }
  return new GoblinError(meaning.outcome, meaning.code, withReasons(meaning.message, said), {
    ...details,
    hint: meaning.hint || undefined,
    retryable: meaning.retryable,
  });
}

function fits(meaning: Meaning, status: number, errors: Refusal['errors']): boolean {
  if (![meaning.status].flat().includes(status)) return false;
  if (meaning.codes && !errors.some(({ code }) => meaning.codes?.includes(code ?? -1)))
    return false;
  return (
    meaning.says === undefined || errors.some(({ message }) => meaning.says?.test(message ?? ''))
  );
}

function withReasons(message: string, said: readonly string[]): string {
  return said.length === 0 ? message : `${message}: ${said.join('; ')}`;
}
