import { prefixKey } from './key.ts';
import type { Decoded, Encoded, KeyCodec, Shard } from './shard.ts';
import { spelled } from './spelling.ts';
import { asMetadata, expiresAt, fieldsOf } from './summary.ts';
import { toMilliseconds } from './time.ts';

/** Seconds that a conversation's context stays after its last message. */
export const CONVERSATION_TTL = 3600;
/** Messages kept. */
export const CONVERSATION_LENGTH = 10;

export interface Message {
  /** Milliseconds since 1970. */
  timestamp: number;
  /** The message's beginning, with what looks like a secret taken out. */
  preview: string;
}

export interface Conversation {
  messages: Message[];
  /** Null if it is not stored. */
  last_updated: number | null;
}

/** The messages of a stored conversation without malformed ones; null where it has no list of them. */
export function messagesIn(stored: unknown): { messages: Message[]; lost: number } | null {
  const { messages: list } = fieldsOf(stored);
  if (!Array.isArray(list)) return null;
  const messages = list.flatMap(decodeMessage);
  return { messages, lost: list.length - messages.length };
}

/** Reads a stored conversation; malformed messages are ignored, and counted as a problem. */
export function decodeConversation(stored: unknown): Decoded<Conversation> {
  const found = messagesIn(stored);
  if (!found) return { value: null, problem: 'it has no list of messages' };
  const { messages, lost } = found;
  const fields = fieldsOf(stored);
  const last_updated = toMilliseconds(spelled(fields, 'last_updated', 'updated_at', 'lastUpdated'));
  const value = { messages, last_updated };
  if (lost === 0) return { value };
  return { value, problem: `${lost} of ${messages.length + lost} messages cannot be read` };
}

function decodeMessage(stored: unknown): Message[] {
  const { timestamp: time, preview } = fieldsOf(stored);
  const timestamp = toMilliseconds(time);
  return timestamp === null || typeof preview !== 'string' ? [] : [{ timestamp, preview }];
}

export const CONVERSATION_PREFIX = 'conversation:';
const text = /* @__PURE__ */ prefixKey(CONVERSATION_PREFIX, 'the user id');

/** `conversation:{user_id}`; the user id is the rest of the key and may be any text. */
export const conversationKey: KeyCodec<{ user_id: string }> = {
  format: ({ user_id }) => text.format(user_id),
  parse(key) {
    const user_id = text.parse(key);
    return user_id === null ? null : { user_id };
  },
};

/** A conversation as a list shows it; times in milliseconds since 1970. */
export interface ConversationRow {
  user_id: string;
  /** How many are kept. */
  messages: number;
  last_updated: number | null;
  expires_at: number | null;
}

/** The metadata has counts only: what a user said is in the value, and nowhere else. */
export function encodeConversation({ messages, last_updated }: Conversation): Encoded {
  return {
    value: JSON.stringify({ messages, last_updated }),
    metadata: asMetadata({ messages: messages.length, last_updated }),
  };
}

export const conversation: Shard<{ user_id: string }, Conversation, ConversationRow> = {
  name: 'conversations',
  title: 'conversation',
  pattern: 'conversation:{user_id}',
  prefix: CONVERSATION_PREFIX,
  ttl: CONVERSATION_TTL,
  key: conversationKey,
  format: 'json',
  decode: decodeConversation,
  encode: (_id, value) => encodeConversation(value),
  fromValue: ({ user_id }, { messages, last_updated }, { expiration }) => ({
    user_id,
    messages: messages.length,
    last_updated,
    expires_at: expiresAt(expiration),
  }),
  fromListing({ user_id }, { expiration, metadata }) {
    const fields = fieldsOf(metadata);
    const last_updated = toMilliseconds(fields.last_updated);
    if (typeof fields.messages !== 'number' || last_updated === null) return null;
    return { user_id, messages: fields.messages, last_updated, expires_at: expiresAt(expiration) };
  },
  fromKey: ({ user_id }, { expiration }) => ({ user_id, expires_at: expiresAt(expiration) }),
  example: {
    id: { user_id: 'u_42' },
    value: {
      messages: [{ timestamp: 1767222000000, preview: 'How do I reset my password?' }],
      last_updated: 1767222000000,
    },
  },
};
