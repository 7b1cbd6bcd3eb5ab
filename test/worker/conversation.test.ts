import { describe, expect, it } from 'vitest';
import type { Conversation, Message } from '../../src/shards/conversation.ts';
import { type Echo, kv, listed, newEdge, putSession } from './edge.ts';
import { otherKv } from './other-kv.ts';

type Edge = Awaited<ReturnType<typeof newEdge>>;

async function say(edge: Edge, headers: HeadersInit, body: unknown): Promise<Echo> {
  const init = { method: 'POST', headers, body: JSON.stringify(body) };
  const echo = await (await edge.visit('/chat', init)).json<Echo>();
  await edge.settled();
  return echo;
}

const contextOf = (echo: Echo): Message[] => JSON.parse(echo.headers['x-goblin-context'] ?? 'null');

async function stored(user: string): Promise<Conversation> {
  return JSON.parse((await kv.get(`conversation:${user}`)) ?? 'null');
}

describe('a chat', () => {
  it('tells the backend what the user said before, and remembers the new message', async () => {
    const edge = await newEdge();
    const headers = await putSession('chatty', 'u_chatty');
    expect(contextOf(await say(edge, headers, { message: 'Hello there' }))).toEqual([]);
    const echo = await say(edge, headers, {
      messages: [{ content: 'old' }, { content: 'And now?' }],
    });
    expect(contextOf(echo).map(({ preview }) => preview)).toEqual(['Hello there']);
    const { messages, last_updated } = await stored('u_chatty');
    expect(messages.map(({ preview }) => preview)).toEqual(['Hello there', 'And now?']);
    expect(messages.at(-1)?.timestamp).toBe(last_updated);
    const [row] = await listed('conversation:u_chatty');
    expect(row?.metadata).toEqual({ messages: 2, last_updated });
    expect(Math.abs((row?.expiration ?? 0) - Date.now() / 1000 - 3600)).toBeLessThan(3);
  });

  it('keeps the last ten messages, whatever they are written in', async () => {
    const edge = await newEdge();
    const headers = await putSession('wordy', 'u_wordy');
    for (let i = 0; i < 12; i++) {
      const message = `${i} \u{1f47e}é\r\nX-Evil: 1\u2028${'名'.repeat(300)}`;
      await edge.visit('/chat', { method: 'POST', headers, body: JSON.stringify({ message }) });
    }
    await edge.settled();
    const echo = await say(edge, headers, { message: 'last' });
    const context = contextOf(echo);
    expect(context).toHaveLength(10);
    expect(context[0]?.preview).toMatch(/^2 \u{1f47e}é X-Evil: 1 名+$/u);
    expect(echo.headers['x-goblin-context']).toMatch(/^[ -~]+$/);
    // Most servers take no header beyond 8 KB.
    expect(echo.headers['x-goblin-context']?.length).toBeLessThan(8000);
    expect(echo.headers).not.toHaveProperty('x-evil');
    expect((await stored('u_wordy')).messages).toHaveLength(10);
  });

  it('is remembered with all others that come at once, in their order', async () => {
    const counting = otherKv();
    const edge = await newEdge({ GOBLIN_KV: counting.kv });
    const headers = await putSession('u_parallel.x', 'u_parallel');
    const texts = Array.from({ length: 10 }, (_, i) => `message ${i}`);
    await Promise.all(
      texts.map((message) =>
        edge.visit('/chat', { method: 'POST', headers, body: JSON.stringify({ message }) }),
      ),
    );
    await edge.settled();
    const { messages } = await stored('u_parallel');
    expect(messages.map(({ preview }) => preview).sort()).toEqual(texts);
    expect(messages.map(({ timestamp }) => timestamp)).toEqual(
      messages.map(({ timestamp }) => timestamp).sort(),
    );
    const writes = counting.writes.filter((key) => key === 'conversation:u_parallel');
    expect(writes.length).toBeLessThanOrEqual(2);
  });

  it('is not forgotten while KV still shows what was before', async () => {
    const stale = otherKv({
      read: (real, key) =>
        key.startsWith('conversation:')
          ? Promise.resolve({ value: null, metadata: null, cacheStatus: null })
          : real(),
    });
    const edge = await newEdge({ GOBLIN_KV: stale.kv });
    const headers = await putSession('u_stale.x', 'u_stale');
    await say(edge, headers, { message: 'one' });
    const echo = await say(edge, headers, { message: 'two' });
    expect(contextOf(echo).map(({ preview }) => preview)).toEqual(['one']);
    expect((await stored('u_stale')).messages.map(({ preview }) => preview)).toEqual([
      'one',
      'two',
    ]);
  });

  it('does not write to its key twice in a second', async () => {
    const times: number[] = [];
    const timed = otherKv({
      write: (real, key) => {
        if (key.startsWith('conversation:')) times.push(Date.now());
        return real();
      },
    });
    const edge = await newEdge({ GOBLIN_KV: timed.kv });
    const headers = await putSession('u_paced.x', 'u_paced');
    await say(edge, headers, { message: 'one' });
    await say(edge, headers, { message: 'two' });
    expect(times).toHaveLength(2);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(1000);
  });

  it('with much that is stored and many flags reaches the backend with bounded headers', async () => {
    const edge = await newEdge();
    const headers = await putSession('u_large.x', 'u_large');
    const flags = Object.fromEntries(
      Array.from({ length: 400 }, (_, i) => [`some_feature_flag_${i}`, true]),
    );
    await kv.put('feature_flags', JSON.stringify(flags));
    const messages = [{ timestamp: 1, preview: 'x'.repeat(30_000) }];
    await kv.put('conversation:u_large', JSON.stringify({ messages }));
    const echo = await say(
      edge,
      { ...headers, 'X-Goblin-Truncated': 'nothing' },
      { message: 'hi' },
    );
    await kv.delete('feature_flags');
    expect(echo.headers['x-goblin-context']?.length).toBeLessThan(8000);
    expect(echo.headers['x-goblin-flags']?.length).toBeLessThanOrEqual(4000);
    expect(echo.headers['x-goblin-truncated']).toBe('flags, context');
  });

  it('in parts, with the answer after it, is what the user said', async () => {
    const edge = await newEdge();
    const headers = await putSession('u_parts.x', 'u_parts');
    await say(edge, headers, {
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'my password is hunter2' }] },
        { role: 'assistant', content: 'I will not remember it.' },
      ],
    });
    expect((await stored('u_parts')).messages[0]?.preview).toBe('my [secret]');
  });

  it('is not one user hearing of another', async () => {
    const edge = await newEdge();
    const mine = await putSession('u_other.mine', 'u_mine');
    await say(edge, await putSession('u_other.theirs', 'u_other'), { message: 'private' });
    expect(contextOf(await say(edge, mine, { message: 'hi' }))).toEqual([]);
    const headers = { Authorization: 'Bearer u_other.made-up' };
    expect((await edge.visit('/chat', { method: 'POST', headers, body: '{}' })).status).toBe(401);
  });

  it('of nobody in particular leaves nothing', async () => {
    const edge = await newEdge();
    expect(contextOf(await say(edge, {}, { message: 'anonymous' }))).toBeNull();
    expect(await listed('conversation:undefined')).toEqual([]);
  });

  it('that the backend refuses is not remembered', async () => {
    const edge = await newEdge();
    const headers = await putSession('refused', 'u_refused');
    const answer = encodeURIComponent(JSON.stringify({ status: 422 }));
    const init = { method: 'POST', headers, body: '{"message":"no"}' };
    expect((await edge.visit(`/chat?answer=${answer}`, init)).status).toBe(422);
    await edge.settled();
    expect(await stored('u_refused')).toBeNull();
  });

  it.each([
    'not JSON',
    '[]',
    '{"message":""}',
    '{"message":null}',
    `{"m":"${'x'.repeat(70_000)}"}`,
  ])('without a message is forwarded all the same: %.20s', async (body) => {
    const edge = await newEdge();
    const headers = await putSession('silent', 'u_silent');
    const response = await edge.visit('/chat', { method: 'POST', headers, body });
    expect((await response.json<Echo>()).body).toBe(body);
    await edge.settled();
    expect(await stored('u_silent')).toBeNull();
  });

  it('streams its body while it is read', async () => {
    const edge = await newEdge();
    const headers = await putSession('u_stream.x', 'u_stream');
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const answer = edge.visit('/chat', { method: 'POST', headers, body: readable });
    await writer.write(new TextEncoder().encode('{"message":'));
    await writer.write(new TextEncoder().encode('"in parts"}'));
    await writer.close();
    expect((await (await answer).json<Echo>()).body).toBe('{"message":"in parts"}');
    await edge.settled();
    expect((await stored('u_stream')).messages[0]?.preview).toBe('in parts');
  });

  it('of a token that names its user waits for KV once', async () => {
    const counting = otherKv();
    const edge = await newEdge({ GOBLIN_KV: counting.kv });
    const headers = await putSession('u_once.x', 'u_once');
    await edge.visit('/warm');
    counting.reads.length = 0;
    const answering = edge.visit('/chat', { headers });
    const reads = () => counting.reads.filter((key) => key !== 'feature_flags');
    expect(reads()).toEqual(['session:u_once.x', 'conversation:u_once']);
    expect((await answering).status).toBe(200);
    expect(reads()).toHaveLength(2);
  });
});
