/** The text of a minimal wrangler file (https://developers.cloudflare.com/workers/wrangler/configuration/). */
import { usageError } from '../../contract/errors.ts';

export interface Bound {
  /** The edge Worker. */
  name: string;
  binding: string | undefined;
  namespaceId: string | undefined;
  /** A name or an id. */
  database: string | undefined;
  account: string | undefined;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A Worker's name as Cloudflare takes it. @throws {GoblinError} exit 2 for any other */
export function parseName(text: string): string {
  if (/^[a-z0-9][a-z0-9-]{0,62}$/.test(text)) return text;
  throw usageError(
    'bad_name',
    `"${text}" is not a valid name of a Worker`,
    'Write small letters, digits and dashes, such as goblin-edge.',
  );
}

export function wranglerText({ name, account, binding, namespaceId, database }: Bound): string {
  return [
    '# Where goblin and wrangler work. All fields:',
    '# https://developers.cloudflare.com/workers/wrangler/configuration/',
    `name = ${quoted(name)}`,
    account === undefined
      ? '# account_id = "…"      # or set CLOUDFLARE_ACCOUNT_ID'
      : `account_id = ${quoted(account)}`,
    '',
    '# The KV namespace. `wrangler kv namespace list` shows ids; without one, goblin',
    '# looks it up at the Worker that is deployed under this name.',
    '[[kv_namespaces]]',
    `binding = ${quoted(binding ?? 'GOBLIN_KV')}`,
    namespaceId === undefined ? '# id = "…"' : `id = ${quoted(namespaceId)}`,
    '',
    '# The D1 database, if there is one.',
    ...databaseLines(database),
    '',
  ].join('\n');
}

function databaseLines(database: string | undefined): string[] {
  if (database === undefined) {
    return ['# [[d1_databases]]', '# binding = "DB"', '# database_name = "goblin-assistant-db"'];
  }
  const field = UUID.test(database) ? 'database_id' : 'database_name';
  return ['[[d1_databases]]', 'binding = "DB"', `${field} = ${quoted(database)}`];
}

/** A basic string of TOML, whose escapes are those of JSON. */
const quoted = (text: string) => JSON.stringify(text);
