/** From handles and tokens to sessions. */

import { namedWords } from '../../arguments/named.ts';
import type { Context } from '../../context.ts';
import { usageError } from '../../contract/errors.ts';
import type { KvStore } from '../../kv/namespace.ts';
import { isAlive, readKeys, readNamed } from '../../kv/records.ts';
import type { Shown } from '../../output/columns.ts';
import { isHandle, sessionHandle } from '../../shards/handle.ts';
import type { KvKey } from '../../shards/kv-key.ts';
import { SESSION_PREFIX, session } from '../../shards/session.ts';
import { type ListedSession, type SessionRecord, sessionRow } from './rows.ts';

export interface FoundSessions {
  found: SessionRecord[];
  /** A row for each that is not there, with its handle. */
  absent: Shown<ListedSession>[];
}

/**
 * The sessions that the words name; `-` stands for lines of stdin. Handles take one listing, whatever their
 * number, and no reads; tokens alone are read, 100 a request.
 * @throws {GoblinError} exit 2 for a handle that is none, or that two sessions share.
 */
export async function findSessions(
  context: Context,
  words: readonly string[],
): Promise<FoundSessions> {
  if (words.some((word) => word !== '-' && !isHandle(word))) {
    await context.log.note(
      'A token on the command line can be seen by other processes; `-` takes it from stdin.',
    );
  }
  const names = await namedWords(context.io.stdin, words);
  names.forEach(refuseHalfHandle);
  const kv = await context.kv();
  if (names.some(isHandle)) return findListed(kv, names, context.now());
  const { found, absent } = await readNamed(
    kv,
    session,
    names.map((token) => ({ token })),
  );
  return { found, absent: absent.map(({ token }) => ({ handle: sessionHandle(token) })) };
}

/** A mistyped handle would be taken for a token, and never be found. */
function refuseHalfHandle(name: string): void {
  if (isHandle(name) || !/^s_[0-9a-f]{0,20}$/i.test(name)) return;
  throw usageError('bad_handle', `"${name}" is not a valid handle`, 'It is s_ and ten hex digits.');
}

async function findListed(
  kv: KvStore,
  names: readonly string[],
  now: number,
): Promise<FoundSessions> {
  const byHandle = await listedByHandle(kv, new Set(names.map(handleOf)), now);
  const keys = new Map<string, KvKey>();
  const absent: Shown<ListedSession>[] = [];
  for (const name of names) {
    const listed = byHandle.get(handleOf(name)) ?? [];
    const named = isHandle(name) ? listed : listed.filter((key) => tokenOf(key) === name);
    if (named.length === 0) absent.push({ handle: handleOf(name) });
    if (named.length > 1) await refuseAmbiguous(kv, name, named);
    for (const key of named) keys.set(key.name, key);
  }
  return { found: await readKeys(kv, session, [...keys.values()]), absent };
}

function handleOf(name: string): string {
  return isHandle(name) ? name : sessionHandle(name);
}

function tokenOf({ name }: KvKey): string {
  return name.slice(SESSION_PREFIX.length);
}

async function listedByHandle(
  kv: KvStore,
  handles: ReadonlySet<string>,
  now: number,
): Promise<Map<string, KvKey[]>> {
  const found = new Map<string, KvKey[]>();
  for await (const key of kv.list({ prefix: SESSION_PREFIX })) {
    const handle = sessionHandle(tokenOf(key));
    if (!handles.has(handle) || !isAlive(key, now)) continue;
    found.set(handle, [...(found.get(handle) ?? []), key]);
  }
  return found;
}

async function refuseAmbiguous(kv: KvStore, handle: string, keys: readonly KvKey[]) {
  const rows = (await readKeys(kv, session, keys)).map((record) => sessionRow(record));
  const users = rows.map(({ user_id }) => user_id ?? 'an unknown user');
  throw usageError(
    'ambiguous_handle',
    `${handle} stands for ${users.length} sessions, of ${users.join(' and ')}`,
    'Give the token itself on stdin (`-`), or choose with --user.',
  );
}
