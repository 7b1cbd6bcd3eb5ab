/** What a user said last: the backend hears of it with each chat, and the new message is added after it. */
import {
  CONVERSATION_LENGTH,
  CONVERSATION_PREFIX,
  CONVERSATION_TTL,
  conversationSummary,
  type Message,
} from '../../src/shards/conversation.ts';
import { fieldsOf } from '../../src/shards/summary.ts';
import { toMilliseconds } from '../../src/shards/time.ts';
import { readUpTo } from './body.ts';
import type { Answer, Call } from './call.ts';
import { forward } from './forward.ts';
import { background, openly, parseJson, read, write } from './kv.ts';
import { previewOf } from './preview.ts';
import { hintedUser } from './token.ts';

const CHAT = '/chat';
/** A chat message beyond this is forwarded and not remembered. */
const MAX_MESSAGE_BYTES = 65_536;

/** Reads the conversation of the user that the token names, while the token is still being checked. */
export function loadConversation(call: Call): Promise<unknown> | undefined {
  const user = call.path === CHAT && hintedUser(call.bearer);
  if (user) return loadMessages(call, user);
}

async function loadMessages(call: Call, user: string): Promise<void> {
  call.hinted = null;
  await openly(
    call,
    readMessages(call, user).then((messages) => {
      call.hinted = messages;
    }),
  );
}

export function chat(call: Call): Answer {
  if (call.path === CHAT && call.session) return converse(call, call.session.user_id);
}

async function converse(call: Call, user: string): Promise<Response> {
  call.event = 'chat';
  // A token that names nobody: only now is it known whose it is.
  if (hintedUser(call.bearer) !== user) await loadMessages(call, user);
  call.messages = call.hinted ?? null;
  const { request, method } = call;
  if (method !== 'POST' || !request.body) return forward(call);
  const [onward, kept] = request.body.tee();
  const message = readMessage(kept);
  background(call, message);
  const response = await forward(call, onward);
  if (response.ok)
    background(
      call,
      message.then((text) => addMessage(call, user, text)),
    );
  return response;
}

async function readMessages(call: Call, user: string): Promise<Message[]> {
  const { value } = await read(call, CONVERSATION_PREFIX + user);
  const { messages } = fieldsOf(parseJson(value));
  return Array.isArray(messages) ? messages.flatMap(asMessage).slice(-CONVERSATION_LENGTH) : [];
}

function asMessage(stored: unknown): Message[] {
  const { timestamp, preview } = fieldsOf(stored);
  const at = toMilliseconds(timestamp);
  return at === null || typeof preview !== 'string'
    ? []
    : [{ timestamp: at, preview: previewOf(preview) }];
}

/** The text of a chat request, empty where it has none. */
async function readMessage(body: ReadableStream): Promise<string> {
  const text = new TextDecoder().decode(await readUpTo(body, MAX_MESSAGE_BYTES));
  const { message, prompt, messages } = fieldsOf(parseJson(text));
  const last = Array.isArray(messages) ? fieldsOf(messages.at(-1)).content : null;
  return `${message ?? prompt ?? last ?? ''}`;
}

/** Adds a message to what KV holds now: another answer may have been faster. */
async function addMessage(call: Call, user: string, text: string): Promise<void> {
  const preview = previewOf(text);
  if (preview === '') return;
  const earlier = await readMessages(call, user);
  const messages = [...earlier, { timestamp: call.now, preview }].slice(-CONVERSATION_LENGTH);
  const conversation = { messages, last_updated: Date.now() };
  const key = CONVERSATION_PREFIX + user;
  await write(call, key, JSON.stringify(conversation), conversationSummary(conversation), {
    expirationTtl: CONVERSATION_TTL,
  });
}
