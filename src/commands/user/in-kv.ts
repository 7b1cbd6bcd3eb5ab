/** What KV holds about a user: sessions and the conversation. */
import type { Context } from '../../context.ts';
import { deleteKeys } from '../../plan/step.ts';
import { conversationKey } from '../../shards/conversation.ts';
import { sessionHandle } from '../../shards/handle.ts';
import { parseStored } from '../../tables/json-text.ts';
import { matchingSessions } from '../sessions/filter.ts';
import { type SessionRecord, sessionRow } from '../sessions/rows.ts';
import type { Held, Holding, Place } from './place.ts';

export const inKv: Place = { find };

async function find(context: Context, user: string): Promise<Holding> {
  const kv = await context.kv();
  const key = conversationKey.format({ user_id: user });
  const sessions = await sessionsOf(context, user);
  const conversation = (await kv.getMany([key])).get(key);
  const records = sessions.map((record) => ({ key: record.key, row: heldSession(record) }));
  if (conversation) records.push({ key, row: { place: 'conversation', item: null, records: 1 } });
  return {
    held: records.map(({ row }) => row),
    export: async () => ({
      sessions: sessions.map((record) => sessionRow(record)),
      conversation: conversation ? parseStored(conversation.value) : null,
    }),
    forget: () => deleteKeys<Held>(kv, records),
  };
}

async function sessionsOf(context: Context, user: string): Promise<SessionRecord[]> {
  const found: SessionRecord[] = [];
  let unjudged = 0;
  for await (const matches of matchingSessions(context, { user })) {
    found.push(...matches.found);
    unjudged += matches.unjudged.length;
  }
  if (unjudged > 0) {
    await context.log.warn(
      `${unjudged} stored sessions do not say whose they are; \`goblin sessions list\` shows them`,
    );
  }
  return found;
}

function heldSession({ id }: SessionRecord): Held {
  return { place: 'sessions', item: id === null ? null : sessionHandle(id.token), records: 1 };
}
