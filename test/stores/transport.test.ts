import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { httpFetch } from '../../src/http.ts';
import { wholeExchange } from '../../src/stores/transport.ts';
import { serve, stopServing } from '../serve.ts';

const PATIENCE = { headersMs: 150, stallMs: 150 };
const exchange = wholeExchange(httpFetch, PATIENCE);
const KEYS = '/client/v4/accounts/a/storage/kv/namespaces/n/keys';
const VALUE = '/client/v4/accounts/a/storage/kv/namespaces/n/values/k';

describe('an exchange', () => {
  it('gives the whole body, status and headers', async () => {
    const origin = await serve((_, response) => {
      response.writeHead(200, { expiration: '7' });
      response.write(Buffer.from([0, 255]));
      setImmediate(() => response.end(Buffer.from([128])));
    });
    const answer = await exchange(origin + VALUE, {});
    expect([...new Uint8Array(await answer.arrayBuffer())]).toEqual([0, 255, 128]);
    expect(answer.headers.get('expiration')).toBe('7');
  });

  it.each<[string, RequestListener, string, boolean]>([
    ['silence', () => {}, 'api_timeout', true],
    ['a body that stalls', (_, response) => void response.write('{"success"'), 'api_stalled', true],
    [
      'a body cut off midway',
      (_, response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('{"succ');
        setImmediate(() => response.destroy());
      },
      'api_cut_off',
      true,
    ],
    [
      'HTML',
      (_, response) => response.setHeader('content-type', 'text/html').end('<html>'),
      'not_the_api',
      false,
    ],
    ['JSON that is no envelope', (_, response) => response.end('null'), 'not_the_api', false],
    [
      'success:false with status 200',
      (_, response) => response.end('{"success":false,"errors":[{"code":7,"message":"no"}]}'),
      'api_failure',
      false,
    ],
  ])('%s is an error', async (_name, listener, code, retryable) => {
    const origin = await serve(listener);
    await expect(exchange(origin + KEYS, {})).rejects.toMatchObject({ code, retryable });
  });

  it('says which host cannot be reached and why', async () => {
    const origin = await serve(() => {});
    stopServing();
    const { host } = new URL(origin);
    await expect(exchange(origin + KEYS, {})).rejects.toMatchObject({
      code: 'api_unreachable',
      message: `cannot reach ${host}: ECONNREFUSED`,
    });
  });

  it('takes any bytes for a value, even a failing envelope', async () => {
    const stored = '{"success":false}';
    const origin = await serve((_, response) => response.end(stored));
    expect(await (await exchange(origin + VALUE, {})).text()).toBe(stored);
  });
});
