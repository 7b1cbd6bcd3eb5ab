import { expect, it } from 'vitest';
import { type Echo, kv, newEdge, putSession } from './edge.ts';

it.each([
  ['/chat', '/chat', true],
  ['/api/chat, /api/rooms/*', '/api/chat', true],
  ['/api/chat, /api/rooms/*', '/api/rooms/7', true],
  ['/api/chat, /api/rooms/*', '/chat', false],
])('with CHAT_PATHS %j, %s is a chat: %s', async (CHAT_PATHS, path, isChat) => {
  const user = `u_${crypto.randomUUID()}`;
  const edge = await newEdge({ CHAT_PATHS });
  const headers = await putSession(`${user}.secret`, user);
  const init = { method: 'POST', headers, body: '{"message":"hello"}' };
  const echo = await (await edge.visit(path, init)).json<Echo>();
  await edge.settled();
  expect('x-goblin-context' in echo.headers).toBe(isChat);
  expect((await kv.get(`conversation:${user}`)) !== null).toBe(isChat);
});
