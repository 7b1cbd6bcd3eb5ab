/** What a user said last: the backend hears of it with each chat, and the new message is added after it. */
import {
  CONVERSATION_LENGTH,
  CONVERSATION_PREFIX,
  CONVERSATION_TTL,
  decodeConversation,
} from '../../src/shards/conversation.ts';
import { readJson } from './body.ts';
import type { Answer, Call } from './call.ts';
import { forward } from './forward.ts';
import { background, openly, parseJson, read, write } from './kv.ts';
import { hasPath } from './path-set.ts';
import { previewOf } from './preview.ts';
import { hintedUser } from './token.ts';
import { variables } from './variables.ts';

/** What chat clients send: one message, or all with the newest at the end. Nothing of it is certain. */
interface ChatRequest {
  message?: unknown;
  messages?: { content?: unknown }[];
}

/** Reads the conversation of the user that the token names, while the token is still being checked. */
export function loadConversation(call: Call): Promise<unknown> | undefined {
  const user = isChat(call) && hintedUser(call.bearer);
  if (user) return openly(call, readMessages(call, user));
}

function isChat({ env, path }: Call): boolean {
  return hasPath(variables(env).CHAT_PATHS, path);
}

async function readMessages(call: Call, user: string): Promise<void> {
  const { value } = await read(call, CONVERSATION_PREFIX + user);
  const conversation = decodeConversation(parseJson(value)).value;
  call.messages = conversation?.messages.slice(-CONVERSATION_LENGTH) ?? [];
}

export function chat(call: Call): Answer {
  if (isChat(call) && call.session) return converse(call, call.session.user_id);
}

async function converse(call: Call, user: string): Promise<Response> {
  const { request } = call;
  call.event = 'chat';
  // A token that does not name its user: only now is it known who that is.
  if (hintedUser(call.bearer) !== user) {
    call.messages = undefined;
    await openly(call, readMessages(call, user));
  }
  if (!request.body) return forward(call);
  const [onward, kept] = request.body.tee();
  const asked = readJson(kept);
  const response = await forward(call, new Request(request, { body: onward }));
  if (response.ok)
    background(
      call,
      asked.then((fields) => addMessage(call, user, fields)),
    );
  return response;
}

/** Adds a message to what KV holds now: another answer may have been faster. */
async function addMessage(
  call: Call,
  user: string,
  { message, messages: sent }: ChatRequest,
): Promise<void> {
  const preview = previewOf(`${message ?? sent?.at?.(-1)?.content ?? ''}`);
  if (!preview) return;
  await readMessages(call, user);
  const { messages: earlier = [], now } = call;
  const messages = [...earlier, { timestamp: now, preview }].slice(-CONVERSATION_LENGTH);
  await write(
    call,
    CONVERSATION_PREFIX + user,
    JSON.stringify({ messages, last_updated: now }),
    { messages: messages.length, last_updated: now },
    CONVERSATION_TTL,
  );
}
