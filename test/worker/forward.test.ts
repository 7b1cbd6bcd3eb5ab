import { describe, expect, it } from 'vitest';
import { type Echo, newEdge, putSession } from './edge.ts';

async function failureOf(response: Response): Promise<[number, string, string]> {
  const { error } = await response.json<{ error: { code: string; message: string } }>();
  return [response.status, error.code, error.message];
}

async function chunksOf(response: Response): Promise<{ at: number; text: string }[]> {
  const start = Date.now();
  const chunks = [];
  for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(
    new TextDecoderStream(),
  )) {
    chunks.push({ at: Date.now() - start, text: chunk });
  }
  return chunks;
}

describe('a request', () => {
  it('goes on with path, query, method, headers and body as they are', async () => {
    const { visit } = await newEdge();
    const response = await visit('/a%20b//c%FF?q=%00&q=2', {
      method: 'PUT',
      body: 'hello',
      headers: { 'X-Own': 'mine', Cookie: 'a=b' },
    });
    expect(await response.json()).toMatchObject({
      method: 'PUT',
      url: 'http://backend.test/a%20b//c%FF?q=%00&q=2',
      headers: { 'x-own': 'mine', cookie: 'a=b' },
      body: 'hello',
    });
  });

  it.each([
    [`/a?${'x'.repeat(100_000)}`],
    [`/${'%F0%9F'.repeat(2000)}`],
    ['/%'],
    ['/\u{1f47e}?\u{1f47e}'],
    ['//evil.test/x'],
    ['/@evil.test/'],
    ['/_goblinx'],
  ])('with an absurd path goes to the backend and nowhere else: %.20s', async (path) => {
    const { visit, settled } = await newEdge({ ANALYTICS_SAMPLE: 1 });
    const response = await visit(path);
    expect(response.status).toBe(200);
    expect(new URL((await response.json<Echo>()).url).origin).toBe('http://backend.test');
    await settled();
  });

  it('may not say what only the Worker says', async () => {
    const { visit } = await newEdge();
    const spoofed = {
      'X-User-Id': 'root',
      x_user_id: 'root',
      'X-User_ID': 'root',
      'X-Goblin-Flags': '{"new_ui_enabled":true}',
      'X-Goblin-Context': '[]',
      X_GOBLIN_CONTEXT: '[]',
      'X-Goblin-Anything': '1',
      'X-User-Identity': 'left alone',
    };
    const { headers } = await (await visit('/chat', { headers: spoofed })).json<Echo>();
    const flags = { api_enabled: true, rate_limiting_enabled: true, new_ui_enabled: false };
    const said = Object.entries(headers).filter(([name]) => /^x[-_](user|goblin)/.test(name));
    expect(Object.fromEntries(said)).toEqual({
      'x-user-identity': 'left alone',
      'x-goblin-flags': JSON.stringify(flags),
    });
  });

  it('streams its body: the backend answers the first part before the second is sent', async () => {
    const { visit } = await newEdge();
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const responding = visit('/first', { method: 'POST', body: readable });
    await writer.write(new TextEncoder().encode('part one'));
    expect(await (await responding).text()).toBe('part one');
    await writer.close().catch(() => {});
  });

  it('of more bytes than it may have is refused unread', async () => {
    const { visit } = await newEdge({ MAX_BODY_BYTES: '1000' });
    const init = { method: 'POST', body: 'x', headers: { 'Content-Length': '1001' } };
    expect(await failureOf(await visit('/drain', init))).toEqual([
      413,
      'body_too_large',
      'the request body has more than 1000 bytes',
    ]);
  });

  it('that does not say its length is cut when it grows too large', async () => {
    const { visit } = await newEdge({ MAX_BODY_BYTES: 1_000_000 });
    const body = () => new Blob([new Uint8Array(1_000_001)]).stream();
    expect((await visit('/drain', { method: 'POST', body: body() })).status).toBe(413);
    const whole = new Blob([new Uint8Array(1_000_000)]).stream();
    expect(await (await visit('/drain', { method: 'POST', body: whole })).json()).toBe(1_000_000);
  });
});

describe('an answer', () => {
  it('comes back untouched', async () => {
    const { visit } = await newEdge();
    const teapot = await visit('/teapot');
    expect([teapot.status, teapot.headers.get('X-Odd')]).toEqual([418, 'yes']);
    expect(await teapot.text()).toBe('short and stout');
    const moved = await visit('/moved');
    expect([moved.status, moved.headers.get('Location')]).toEqual([302, 'https://elsewhere.test/']);
  });

  it('is streamed: server-sent events arrive as they are sent', async () => {
    const { visit } = await newEdge();
    const headers = await putSession('streaming', 'u_1');
    const response = await visit('/sse', { headers });
    expect(response.headers.get('Content-Type')).toBe('text/event-stream');
    const chunks = await chunksOf(response);
    expect(chunks.map(({ text }) => text)).toEqual(['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']);
    expect((chunks[2]?.at ?? 0) - (chunks[0]?.at ?? 0)).toBeGreaterThan(150);
  });

  it('may be a WebSocket', async () => {
    const { visit } = await newEdge();
    const response = await visit('/ws', { headers: { Upgrade: 'websocket' } });
    expect(response.status).toBe(101);
    const socket = response.webSocket;
    socket?.accept();
    const reply = new Promise((resolve) => {
      socket?.addEventListener('message', ({ data }) => resolve(data));
    });
    socket?.send('hello');
    expect(await reply).toBe('echo hello');
    socket?.close();
  });

  it('may have 100 MiB', async () => {
    const { visit } = await newEdge();
    let bytes = 0;
    for await (const chunk of (await visit('/big?mib=100')).body ?? []) bytes += chunk.byteLength;
    expect(bytes).toBe(104_857_600);
  });

  it('that breaks off midway breaks off here, too', async () => {
    const { visit } = await newEdge();
    const response = await visit('/cut');
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });
});

describe('a backend', () => {
  it('that is down is a 502 that says nothing from inside', async () => {
    const { visit } = await newEdge();
    expect(await failureOf(await visit('/down'))).toEqual([
      502,
      'backend_down',
      'the backend cannot be reached',
    ]);
    const lost = await newEdge({ API_URL: 'not a URL' });
    expect((await lost.visit('/')).status).toBe(502);
  });

  it('that is slow is a 504 when the time is up', async () => {
    const { visit } = await newEdge({ API_TIMEOUT_MS: 100 });
    const response = await visit('/slow?ms=2000');
    expect((await failureOf(response)).slice(0, 2)).toEqual([504, 'backend_timeout']);
  });

  it('may stream for longer than it may take to begin', async () => {
    const { visit } = await newEdge({ API_TIMEOUT_MS: 150 });
    expect(await chunksOf(await visit('/sse'))).toHaveLength(3);
  });
});
