import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { httpFetch } from '../../src/api/http.ts';
import { wholeExchange } from '../../src/api/transport.ts';
import { answering, type Fault, refuseConnection } from '../faults.ts';
import { serve, stopServing } from '../serve.ts';

const VALUE = 'https://api.test/client/v4/accounts/a/storage/kv/namespaces/n/values/k';

/** An exchange over a network that does this. */
const over = (fault: Fault, body = '') =>
  wholeExchange((_, init) => fault(async () => new Response(body), init));

/** A body that gives `bytes` at once, every `everyMs`, for as long as it is asked. */
const dripping = (bytes: number, everyMs: number, total: number): Fault =>
  answeringBody(async function* () {
    for (let sent = 0; sent < total; sent += bytes) {
      await new Promise((resolve) => setTimeout(resolve, everyMs));
      yield new Uint8Array(bytes);
    }
  });

const answeringBody =
  (body: () => AsyncGenerator<Uint8Array>): Fault =>
  async () =>
    new Response(ReadableStream.from(body()) as ReadableStream);

describe('an exchange over HTTP', () => {
  it('gives the whole body, status and headers', async () => {
    const origin = await serve((_, response) => {
      response.writeHead(200, { expiration: '7' });
      response.write(Buffer.from([0, 255]));
      setImmediate(() => response.end(Buffer.from([128])));
    });
    const answer = await wholeExchange(httpFetch)(`${origin}/values/k`, {});
    expect([...new Uint8Array(await answer.arrayBuffer())]).toEqual([0, 255, 128]);
    expect(answer.headers.get('expiration')).toBe('7');
  });

  it('ends with an error where the body is cut off midway', async () => {
    const origin = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"succ');
      setImmediate(() => response.destroy());
    });
    await expect(wholeExchange(httpFetch)(origin, {})).rejects.toMatchObject({
      code: 'api_cut_off',
      retryable: true,
    });
  });

  it('says which host cannot be reached and why', async () => {
    const origin = await serve(() => {});
    stopServing();
    const { host } = new URL(origin);
    await expect(wholeExchange(httpFetch)(origin, {})).rejects.toMatchObject({
      code: 'api_unreachable',
      message: `cannot reach ${host}: ECONNREFUSED`,
    });
  });
});

describe('an exchange that breaks', () => {
  it('is told apart by whether anything was sent', async () => {
    await expect(over(refuseConnection)(VALUE, {})).rejects.toMatchObject({
      code: 'api_unreachable',
    });
    const reset = Object.assign(new Error('read'), { code: 'ECONNRESET', syscall: 'read' });
    await expect(over(() => Promise.reject(reset))(VALUE, {})).rejects.toMatchObject({
      code: 'api_cut_off',
      message: 'the connection to api.test broke: ECONNRESET',
      retryable: true,
    });
  });

  it('is an interruption after Ctrl-C', async () => {
    const ctrlC = new AbortController();
    const fault: Fault = async () => {
      ctrlC.abort();
      throw new Error('aborted');
    };
    const exchange = over(fault)(VALUE, { signal: ctrlC.signal });
    await expect(exchange).rejects.toMatchObject({ outcome: 'interrupted' });
  });
});

describe('an exchange has an end', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** The error, and after how many seconds it came. */
  async function endOf(exchange: Promise<unknown>) {
    const began = Date.now();
    let ended: { code: unknown; seconds: number } | undefined;
    exchange.then(
      () => {
        ended = { code: null, seconds: (Date.now() - began) / 1000 };
      },
      (error) => {
        ended = { code: error.code, seconds: (Date.now() - began) / 1000 };
      },
    );
    for (let passed = 0; !ended && passed < 10_000; passed++)
      await vi.advanceTimersByTimeAsync(1000);
    return ended;
  }

  const silent: Fault = (_, { signal }) =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new Error('aborted')));
    });

  it('where there is no answer: after a minute, and longer where much was sent', async () => {
    expect(await endOf(over(silent)(VALUE, {}))).toEqual({ code: 'api_timeout', seconds: 60 });
    const body = 'x'.repeat(16 * 1024 * 100);
    const sending = over(silent)(VALUE, { method: 'PUT', body });
    expect(await endOf(sending)).toEqual({ code: 'api_timeout', seconds: 160 });
  });

  it('where the body stops', async () => {
    const stalling = answeringBody(async function* () {
      yield new Uint8Array(1000);
      await new Promise(() => {});
    });
    expect(await endOf(over(stalling)(VALUE, {}))).toEqual({ code: 'api_stalled', seconds: 30 });
  });

  it('where the body drips, though it never pauses for long', async () => {
    const drips = dripping(1, 20_000, 1000);
    expect(await endOf(over(drips)(VALUE, {}))).toEqual({ code: 'api_slow', seconds: 60 });
  });

  it('but not before a large body over a slow line is there', async () => {
    // 25 MiB at 20 KiB a second take 21 minutes.
    const slow = dripping(20 * 1024, 1000, 25 * 1024 * 1024);
    expect(await endOf(over(slow)(VALUE, {}))).toEqual({ code: null, seconds: 1280 });
  });
});

it('an exchange takes any answer, whatever it says', async () => {
  const stored = '{"success":false}';
  const answer = await over(answering({ body: stored }))(VALUE, {});
  expect(await answer.text()).toBe(stored);
});
