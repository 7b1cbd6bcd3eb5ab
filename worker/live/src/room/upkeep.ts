/** What is looked at from time to time: sessions, silent sockets, and history that is too old. */

import { parse } from '../../../../src/live/decode.ts';
import { CLOSE } from '../../../../src/live/protocol.ts';
import { decodeSession, SESSION_PREFIX } from '../../../../src/shards/session.ts';
import { HISTORY_MS, SESSION_CACHE_SECONDS, SILENCE_MS } from './limits.ts';
import type { Member } from './member.ts';
import type { RoomStore } from './store.ts';

/** KV reads so many keys at once (developers.cloudflare.com/kv/api/read-key-value-pairs). */
const KEYS_PER_READ = 100;

/** Closes sockets of which nothing is heard, and readers that do not read. */
export function closeDead(members: readonly Member[], heardAt: (member: Member) => number): void {
  const now = Date.now();
  for (const member of members) {
    if (now - heardAt(member) > SILENCE_MS) member.close(CLOSE.silent, 'nothing was heard; resume');
    else if (member.isStuck(now)) member.close(CLOSE.slow, 'sync was not answered; resume');
  }
}

/** Closes sockets whose session is over, by its time or in KV. Where KV fails, its time decides. */
export async function closeEnded(members: readonly Member[], kv?: KVNamespace): Promise<void> {
  for (const member of members) if (member.state.expires_at <= Date.now()) end(member);
  if (!kv) return;
  for (let i = 0; i < members.length; i += KEYS_PER_READ) {
    await compare(members.slice(i, i + KEYS_PER_READ), kv).catch(() => {});
  }
}

async function compare(members: readonly Member[], kv: KVNamespace): Promise<void> {
  const keyOf = ({ state }: Member) => SESSION_PREFIX + state.token;
  const keys = [...new Set(members.map(keyOf))];
  const stored = await kv.get(keys, { type: 'text', cacheTtl: SESSION_CACHE_SECONDS });
  for (const member of members) {
    const { value } = decodeSession(parse(stored.get(keyOf(member)) ?? ''));
    if (value?.user_id !== member.state.user || value.expires_at <= Date.now()) end(member);
    else member.state.expires_at = value.expires_at;
  }
}

export function end(member: Member): void {
  member.close(CLOSE.sessionOver, 'the session is over');
}

/**
 * Deletes messages that are too old: those at the beginning only, so that a clock that was wrong for a while
 * makes no hole.
 */
export function pruneOld(store: RoomStore): void {
  const cutoff = Date.now() - HISTORY_MS;
  const [oldest] = store.read<{ at: number }>('SELECT at FROM messages ORDER BY seq LIMIT 1');
  if (!oldest || oldest.at >= cutoff) return;
  store.change(store.meta.name, (meta) => {
    const sql = 'SELECT min(seq) AS seq FROM messages WHERE at >= ?';
    const [kept] = store.rows<{ seq: number | null }>(sql, cutoff);
    store.prune(meta, (kept?.seq ?? meta.seq + 1) - 1);
  });
}

/** When the oldest message will be too old; undefined where there is none. */
export function nextPrune(store: RoomStore): number | undefined {
  const [oldest] = store.read<{ at: number }>('SELECT at FROM messages ORDER BY seq LIMIT 1');
  return oldest && oldest.at + HISTORY_MS + 1;
}
