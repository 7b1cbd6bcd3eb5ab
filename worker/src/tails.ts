/**
 * The end of each conversation as this isolate knows it. Chats that come at once are written together and
 * in order, and what KV does not show yet is not forgotten.
 */
import {
  CONVERSATION_LENGTH,
  CONVERSATION_TTL,
  conversationKey,
  encodeConversation,
  type Message,
} from '../../src/shards/conversation.ts';
import type { Call } from './call.ts';
import type { Told } from './context-headers.ts';
import { parseJson, read, write } from './kv.ts';
import { BACKGROUND_MS, KV_CACHE_SECONDS, MAX_TALKING, REWRITE_MS } from './limits.ts';
import { remember } from './memory.ts';
import { messagesOf, withMessages } from './messages.ts';

interface Tail {
  /** What was said here lately. */
  recent: Message[];
  /** When KV is sure to show all of it, milliseconds since 1970. */
  shownAt: number;
  writtenAt: number;
  /** Some of it is not written. */
  isDirty: boolean;
  /** Under way; a request that is cut off may never end it, so that it counts only so long. */
  writing?: { done: Promise<void>; until: number } | undefined;
}

/** By user. */
const tails = new Map<string, Tail>();

/** What a user said before: as KV has it, and what was said here since. */
export async function readConversation(call: Call, user: string): Promise<Told> {
  const { value } = await read(call, conversationKey.format({ user_id: user }));
  const { messages, isCut } = messagesOf(parseJson(value));
  return { messages: withMessages(messages, recentOf(user)), isCut };
}

function recentOf(user: string): Message[] {
  const tail = tails.get(user);
  if (!tail) return [];
  if (!tail.isDirty && Date.now() >= tail.shownAt) tail.recent = [];
  return tail.recent;
}

/** Adds a message behind the request; those that come while one is being written go with the next. */
export function addMessage(call: Call, user: string, message: Message): Promise<void> {
  const recent = [...recentOf(user), message].slice(-CONVERSATION_LENGTH);
  const tail = tails.get(user) ?? { recent, shownAt: 0, writtenAt: 0, isDirty: true };
  Object.assign(tail, { recent, shownAt: shownBy(Date.now()), isDirty: true });
  remember(tails, user, tail, MAX_TALKING);
  if (!tail.writing || Date.now() > tail.writing.until) startWriting(call, user, tail);
  return tail.writing?.done ?? Promise.resolve();
}

/** When KV shows everywhere what is written to it now. */
const shownBy = (now: number) => now + KV_CACHE_SECONDS * 1000;

function startWriting(call: Call, user: string, tail: Tail): void {
  tail.writing = { done: writeTail(call, user, tail), until: Date.now() + BACKGROUND_MS };
}

async function writeTail(call: Call, user: string, tail: Tail): Promise<void> {
  try {
    while (tail.isDirty) {
      const early = tail.writtenAt + REWRITE_MS - Date.now();
      if (early > 0) await scheduler.wait(early);
      const { messages } = await readConversation(call, user);
      tail.isDirty = false;
      tail.writtenAt = Date.now();
      tail.shownAt = shownBy(tail.writtenAt);
      await writeConversation(call, user, messages);
    }
  } finally {
    // What could not be read or written is not tried again without a new message.
    tail.isDirty = false;
    tail.writing = undefined;
  }
}

function writeConversation(call: Call, user: string, messages: Message[]): Promise<unknown> {
  const last_updated = messages.at(-1)?.timestamp ?? null;
  const { value, metadata } = encodeConversation({ messages, last_updated });
  const key = conversationKey.format({ user_id: user });
  return write(call, 'conversations', key, value, metadata, CONVERSATION_TTL);
}
