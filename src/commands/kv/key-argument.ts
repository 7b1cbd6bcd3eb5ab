/** Keys as arguments: as they are, by a session's handle, or on stdin so that no shell remembers them. */
import { text } from 'node:stream/consumers';
import type { Context } from '../../context.ts';
import { usageError } from '../../contract/errors.ts';
import type { KvStore } from '../../kv/namespace.ts';
import { isHandle, sessionHandle } from '../../shards/handle.ts';
import { checkKey } from '../../shards/key.ts';
import { SESSION_PREFIX, sessionKey } from '../../shards/session.ts';

/** @throws {GoblinError} exit 2 where stdin has none or several; KeyError where KV has no such keys. */
export async function oneKey(context: Context, kv: KvStore, argument: string): Promise<string> {
  const [key, ...more] = await manyKeys(context, kv, [argument]);
  if (key !== undefined && more.length === 0) return key;
  throw usageError('one_key', 'stdin must hold one key', 'Write it on one line.');
}

/**
 * The keys that are meant, each once. `-` stands for the lines of stdin. A handle stands for the session's
 * key; where no session has it, it is taken as it is.
 */
export async function manyKeys(
  context: Context,
  kv: KvStore,
  words: readonly string[],
): Promise<string[]> {
  const lines = words.includes('-') ? await linesOf(context) : [];
  const keys = [...words.filter((word) => word !== '-'), ...lines].map(checkKey);
  const tokens = keys.some(namesHandle) ? await tokensByHandle(kv) : new Map<string, string>();
  return [...new Set(keys.map((key) => tokens.get(key) ?? key))];
}

async function linesOf({ io }: Context): Promise<string[]> {
  const lines = (await text(io.stdin.read())).split(/\r?\n/);
  return lines.filter((line) => line !== '');
}

function namesHandle(key: string): boolean {
  return key.startsWith(SESSION_PREFIX) && isHandle(key.slice(SESSION_PREFIX.length));
}

async function tokensByHandle(kv: KvStore): Promise<Map<string, string>> {
  const keys = new Map<string, string>();
  for await (const { name } of kv.list({ prefix: SESSION_PREFIX })) {
    const id = sessionKey.parse(name);
    if (id) keys.set(SESSION_PREFIX + sessionHandle(id.token), name);
  }
  return keys;
}
