/** Conversations as they are shown. */
import type { RecordOf } from '../../kv/records.ts';
import type { Column } from '../../output/columns.ts';
import type { ConversationRow, conversation } from '../../shards/conversation.ts';

export type ConversationRecord = RecordOf<typeof conversation>;

export const CONVERSATION_COLUMNS: readonly Column<ConversationRow>[] = [
  { name: 'user_id', kind: 'text', role: 'identifier' },
  { name: 'messages', kind: 'number' },
  { name: 'last_updated', kind: 'time' },
  { name: 'expires_at', kind: 'time', role: 'secondary' },
];
