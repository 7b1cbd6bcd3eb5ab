/** What a user said last: the backend hears of it with each chat, and the new message is added after it. */
import { readJson } from './body.ts';
import type { Answer, Call } from './call.ts';
import { forward } from './forward.ts';
import { background, openly } from './kv.ts';
import { saidIn } from './messages.ts';
import { hasPath } from './path-set.ts';
import { previewOf } from './preview.ts';
import { addMessage, readConversation } from './tails.ts';
import { hintedUser } from './token.ts';
import { variables } from './variables.ts';

/** Reads the conversation of the user that the token names, while the token is still being checked. */
export function loadConversation(call: Call): Promise<unknown> | undefined {
  const user = isChat(call) && hintedUser(call.bearer);
  if (user) return openly(call, loadContext(call, user));
}

function isChat({ env, path }: Call): boolean {
  return hasPath(variables(env).CHAT_PATHS, path);
}

async function loadContext(call: Call, user: string): Promise<void> {
  call.context = await readConversation(call, user);
}

export function chat(call: Call): Answer {
  if (isChat(call) && call.session) return converse(call, call.session.user_id);
}

async function converse(call: Call, user: string): Promise<Response> {
  const { request } = call;
  call.event = 'chat';
  // A token that does not name its user: only now is it known who that is.
  if (hintedUser(call.bearer) !== user) {
    call.context = undefined;
    await openly(call, loadContext(call, user));
  }
  if (!request.body) return forward(call);
  const [onward, kept] = request.body.tee();
  const asked = readJson(kept);
  const response = await forward(call, new Request(request, { body: onward }));
  if (response.ok)
    background(
      call,
      asked.then((fields) => keep(call, user, fields)),
    );
  return response;
}

/** Remembers what the user says in a chat request. */
async function keep(call: Call, user: string, fields: Record<string, unknown>): Promise<void> {
  const preview = previewOf(saidIn(fields));
  if (preview) await addMessage(call, user, { timestamp: call.now, preview });
}
