/** Messages as chat clients send them and as KV holds them. Nothing of either is certain. */
import { CONVERSATION_LENGTH, type Message, messagesIn } from '../../src/shards/conversation.ts';
import { clip, fieldsOf } from '../../src/shards/summary.ts';
import type { Told } from './context-headers.ts';
import { PREVIEW_LENGTH } from './limits.ts';

/** What the user says in a chat request: its `message`, or the last of `messages` that is the user's. */
export function saidIn({ message, messages }: Record<string, unknown>): string {
  const said = textOf(message);
  if (said || !Array.isArray(messages)) return said;
  const own = messages.map(fieldsOf).findLast(({ role }) => (role ?? 'user') === 'user');
  return textOf(own?.content);
}

/** The text of a content: itself, or that of its parts, `[{"type":"text","text":"…"}]`. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  const texts = content.map((part) => (typeof part === 'string' ? part : fieldsOf(part).text));
  return texts.filter((text) => typeof text === 'string').join(' ');
}

/** The newest messages of a stored conversation: malformed ones are left out, and long ones are cut. */
export function messagesOf(conversation: unknown): Told {
  if (conversation === null) return { messages: [], isCut: false };
  const found = messagesIn(conversation);
  const newest = found?.messages.slice(-CONVERSATION_LENGTH) ?? [];
  const messages = newest.map(({ timestamp, preview }) => ({
    timestamp,
    preview: clip(preview, PREVIEW_LENGTH),
  }));
  const isWhole = messages.every(({ preview }, i) => preview === newest[i]?.preview);
  return { messages, isCut: found?.lost !== 0 || !isWhole };
}

/** Adds those messages that are not there yet, in the order of time, and keeps the last ten. */
export function withMessages(stored: readonly Message[], added: readonly Message[]): Message[] {
  const there = stored.map(identity);
  const missing = added.filter((message) => {
    const at = there.indexOf(identity(message));
    // Whoever says the same twice is heard twice.
    if (at >= 0) there[at] = '';
    return at < 0;
  });
  return [...stored, ...missing]
    .sort((a, b) => a.timestamp - b.timestamp)
    .slice(-CONVERSATION_LENGTH);
}

const identity = ({ timestamp, preview }: Message) => `${timestamp} ${preview}`;
