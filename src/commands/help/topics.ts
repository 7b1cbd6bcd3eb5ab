/** Help that belongs to no command: `goblin help exit-codes`. The manual page has the same texts. */
import { EXIT, type Outcome } from '../../contract/errors.ts';
import { ENVIRONMENT } from './environment.ts';

export interface Topic {
  name: string;
  /** Half a sentence for `goblin --help`. */
  summary: string;
  /** Paragraphs, and lists of terms with what they mean. */
  parts: readonly (string | readonly Item[])[];
}

export type Item = readonly [term: string, meaning: string];

const EXIT_CODES: Readonly<Record<Outcome, string>> = {
  done: 'done: what was acknowledged is stored',
  failed: 'failed: the API, the network or the database refused or broke off',
  usage: 'usage or bad input: nothing was sent; the error says what to write instead',
  notFound: 'not found: no such key, session, flag, room, namespace or database',
  access: 'no target, no credentials, no permission, or a write in a read-only run',
  partial: 'partly done: the report names what was done, what failed and what was not tried',
  unconfirmed: 'not confirmed: nobody said yes, and nothing was changed',
  quota: 'a rate limit, or a limit of the plan, is used up; try again later',
  difference: 'a check found a difference: flags test, flags drift, doctor, d1 status, --exit-code',
  interrupted: 'interrupted by Ctrl-C or a signal; the message says what was done by then',
};

export const TOPICS: readonly Topic[] = [
  {
    name: 'exit-codes',
    summary: 'what each exit code means',
    parts: [
      'Each command ends with one of these:',
      Object.entries(EXIT).map(([outcome, code]) => [String(code), EXIT_CODES[outcome as Outcome]]),
      'With --json the error is one JSON object on stderr, {"error":{"code","message","hint","retryable","request_id"}}. ' +
        'Its code is a stable word for scripts; retryable says whether the same command may succeed later.',
    ],
  },
  {
    name: 'targets',
    summary: 'where a command works, and how that is decided',
    parts: [
      'A command works on Cloudflare (remote) or in the embedded engine on this machine (local). The first of these decides:',
      [
        ['--local, --remote', 'this command line'],
        ['GOBLIN_TARGET', 'local or remote'],
        ['CLOUDFLARE_API_TOKEN', 'if it is set: remote'],
        ['wrangler login', 'if wrangler is logged in: remote'],
        [
          'a terminal',
          'on a terminal with none of these: local; in a pipe or in CI it is an error, exit 4',
        ],
      ],
      'What it works on there comes from an option, else the environment, else the nearest wrangler file (wrangler.json, wrangler.jsonc, wrangler.toml, here or above, or in worker/); --env picks an environment of the file:',
      [
        ['account', 'CLOUDFLARE_ACCOUNT_ID, account_id in the file'],
        [
          'KV namespace',
          '--namespace-id, --binding; in the file its only binding, GOBLIN_KV or KV',
        ],
        [
          'D1 database',
          '--database, GOBLIN_DATABASE; in the file its only binding, DB or GOBLIN_DB',
        ],
        [
          'edge',
          '--edge, GOBLIN_EDGE_URL; the file’s routes or workers.dev; with --local a running goblin dev',
        ],
      ],
      'A binding without an id is looked up in the settings of the deployed Worker. goblin config show lists each setting with where it came from; goblin init writes a minimal wrangler file; goblin doctor says what is wrong.',
    ],
  },
  {
    name: 'output',
    summary: 'formats, streams, times and colours',
    parts: [
      'stdout is data; stderr is everything else. -o (--output) chooses the format:',
      [
        ['table', 'for people; the same rows in a terminal and in a pipe (the default)'],
        ['json', 'one array or one object; --json for short'],
        ['ndjson', 'one object a line, written as they come'],
        ['csv', 'with a header line, even when there are no rows'],
      ],
      'JSON has the stored field names. Times are RFC 3339 in UTC, durations are seconds unless the name ends in _ms. A list is an array, also an empty one.',
      '--fields a,b chooses the columns of a list. --time relative, local or utc says how tables show times.',
      'Tokens of sessions are shown as handles (s_ and 10 hex digits), which are taken wherever a token is; --reveal shows the tokens. Control characters in stored data are written out, such as \\x1b.',
      'A command that destroys shows its plan and asks; --yes answers the question, --dry-run ends after the plan. Without a terminal and without --yes it is exit 6.',
    ],
  },
  {
    name: 'environment',
    summary: 'the environment variables that are read',
    parts: [
      'An option on the command line wins over its variable.',
      ENVIRONMENT,
      'GOBLIN_ADMIN_TOKEN and Cloudflare’s credentials are secrets: goblin never prints them.',
    ],
  },
];
