import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { useEngine } from '../engine.ts';
import { failure, MIB } from './reply.ts';

const engine = useEngine();

const path = (key: string, query = '') => `/values/${encodeURIComponent(key)}${query}`;
const put = (key: string, body: RequestInit['body'], query = '') =>
  engine.kv(path(key, query), { method: 'PUT', body: body ?? null });
const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

function form(value: string | Uint8Array<ArrayBuffer>, metadata: unknown): FormData {
  const data = new FormData();
  data.set('value', typeof value === 'string' ? value : new Blob([value]));
  data.set('metadata', typeof metadata === 'string' ? metadata : JSON.stringify(metadata));
  return data;
}

describe('a key', () => {
  const keys = fc
    .oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 120 }),
      fc.string({ unit: fc.constantFrom(...'/?#%&+=: .é\\"<\u{1f600}'), minLength: 1 }),
    )
    .filter((key) => key !== '.' && key !== '..');

  it('is stored under exactly the name it was sent as', async () => {
    await fc.assert(
      fc.asyncProperty(keys, async (key) => {
        const value = randomBytes(8).toString('hex');
        expect((await put(key, value)).status).toBe(200);
        expect(await (await engine.kv(path(key))).text()).toBe(value);
        const bulk = await engine.kv('/bulk/get', {
          method: 'POST',
          body: JSON.stringify({ keys: [key] }),
        });
        expect(await bulk.json()).toMatchObject({ result: { values: { [key]: value } } });
      }),
      { numRuns: 60 },
    );
  });

  it('tells an escaped slash from a doubly escaped one', async () => {
    await put('a/b', 'slash');
    await put('a%2Fb', 'escape');
    expect(await (await engine.kv('/values/a%2Fb')).text()).toBe('slash');
    expect(await (await engine.kv('/values/a/b')).text()).toBe('slash');
    expect(await (await engine.kv('/values/a%252Fb')).text()).toBe('escape');
  });

  it.each([
    ['an empty key', '/values/', 400, 10012],
    ['a broken escape', '/values/%E0%A4', 400, 10012],
    ['513 bytes', path(`${'é'.repeat(256)}x`), 414, 10012],
  ])('is refused: %s', async (_, where, status, code) => {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const reply = await engine.kv(where, { method, body: method === 'PUT' ? 'x' : null });
      expect(await failure(reply)).toMatchObject({ status, code });
    }
  });

  it('of 512 bytes is taken', async () => {
    expect((await put('é'.repeat(256), 'x')).status).toBe(200);
  });

  it('that is absent is 404 for a value and its metadata, and no error to delete', async () => {
    expect(await failure(await engine.kv('/values/none'))).toMatchObject({
      status: 404,
      code: 10009,
    });
    expect(await failure(await engine.kv('/metadata/none'))).toMatchObject({
      status: 404,
      code: 10009,
    });
    expect((await engine.kv('/values/none', { method: 'DELETE' })).status).toBe(200);
  });
});

describe('a value', () => {
  it('of 25 MiB comes back byte for byte', async () => {
    const bytes = randomBytes(25 * MIB);
    expect((await put('large', bytes)).status).toBe(200);
    const back = Buffer.from(await (await engine.kv('/values/large')).arrayBuffer());
    expect(back.equals(bytes)).toBe(true);
  });

  it('over 25 MiB is refused, its length told or not', async () => {
    const bytes = new Uint8Array(25 * MIB + 1);
    expect(await failure(await put('larger', bytes))).toMatchObject({ status: 413 });
    const body = new Blob([bytes]).stream();
    const chunked = { method: 'PUT', body, duplex: 'half' } as RequestInit;
    expect(await failure(await engine.kv('/values/larger', chunked))).toMatchObject({
      status: 413,
    });
    expect((await engine.kv('/values/larger')).status).toBe(404);
  });

  it('may be empty, and may be any bytes in a multipart body', async () => {
    await put('empty', '');
    expect(await (await engine.kv('/values/empty')).text()).toBe('');
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    await put('bytes', form(bytes, { kind: 'all' }));
    const back = await (await engine.kv('/values/bytes')).arrayBuffer();
    expect(new Uint8Array(back)).toEqual(bytes);
  });

  it('is gone after a delete', async () => {
    await put('gone', '1');
    await engine.kv('/values/gone', { method: 'DELETE' });
    expect((await engine.kv('/values/gone')).status).toBe(404);
  });
});

describe('a multipart body', () => {
  const boundary = 'b0undary';
  const body = (value: Uint8Array, disposition = 'name="value"') =>
    Buffer.concat([
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`),
      value,
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]);
  const send = (type: string, bytes: Uint8Array<ArrayBuffer>) =>
    engine.kv('/values/form', { method: 'PUT', body: bytes, headers: { 'content-type': type } });
  const stored = async () => Buffer.from(await (await engine.kv('/values/form')).arrayBuffer());

  it('keeps the bytes of a part without a file name', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const sent = await send(`multipart/form-data; boundary=${boundary}`, body(bytes));
        expect(sent.status).toBe(200);
        expect(await stored()).toEqual(Buffer.from(bytes));
      }),
      { numRuns: 40, examples: [[Buffer.from('\r\n\xff\r\n--b0', 'latin1')]] },
    );
  });

  it.each(['Multipart/Form-Data', 'MULTIPART/FORM-DATA'])('may be called %s', async (type) => {
    await send(`${type}; boundary="${boundary}"`, body(Buffer.from('x')));
    expect(String(await stored())).toBe('x');
  });

  it.each([
    ['without a boundary', 'multipart/form-data', body(Buffer.from('x'))],
    [
      'that is cut short',
      `multipart/form-data; boundary=${boundary}`,
      body(Buffer.from('x')).subarray(0, -9),
    ],
    ['that is empty', `multipart/form-data; boundary=${boundary}`, Buffer.alloc(0)],
    ['of another boundary', 'multipart/form-data; boundary=other', body(Buffer.from('x'))],
    [
      'without a value',
      `multipart/form-data; boundary=${boundary}`,
      body(Buffer.from('x'), 'name="v"'),
    ],
  ])('%s is refused', async (_, type, bytes) => {
    await put('form', 'before');
    expect(await failure(await send(type, bytes))).toMatchObject({ status: 400, code: 10012 });
    expect(String(await stored())).toBe('before');
  });

  it('with a value over 25 MiB is refused', async () => {
    const bytes = body(Buffer.alloc(25 * MIB + 1));
    const reply = await send(`multipart/form-data; boundary=${boundary}`, bytes);
    expect(await failure(reply)).toMatchObject({ status: 413 });
  });
});

describe('metadata', () => {
  const metadataOf = async (key: string) =>
    ((await (await engine.kv(`/metadata/${key}`)).json()) as { result: unknown }).result;

  it('is kept with a value, and is null without', async () => {
    await put('described', form('v', { user_id: 'u_1', n: [1] }));
    expect(await metadataOf('described')).toEqual({ user_id: 'u_1', n: [1] });
    await put('described', 'v');
    expect(await metadataOf('described')).toBeNull();
  });

  it('is measured as JSON: 1,024 bytes pass, one more does not', async () => {
    expect((await put('fits', form('v', 'x'.repeat(1022).replace(/.*/, '"$&"')))).status).toBe(200);
    const over = JSON.stringify('x'.repeat(1023));
    expect(await failure(await put('over', form('v', over)))).toMatchObject({
      status: 413,
      code: 10147,
    });
  });

  it('must be JSON, and comes with a part named value', async () => {
    expect(await failure(await put('bad', form('v', '{')))).toMatchObject({
      status: 400,
      code: 10147,
    });
    const alone = new FormData();
    alone.set('metadata', '{}');
    expect(await failure(await put('bad', alone))).toMatchObject({ status: 400, code: 10012 });
  });
});

describe('expiration', () => {
  const expirationOf = async (key: string) => {
    const text = (await engine.kv(path(key))).headers.get('expiration');
    return text === null ? null : Number(text);
  };

  it('is told in a header, of this key and not of its longer neighbours', async () => {
    await put('k', 'stays');
    await put('k:longer', 'goes', '?expiration_ttl=600');
    expect(await expirationOf('k')).toBeNull();
    const left = ((await expirationOf('k:longer')) ?? 0) - inSeconds(0);
    expect(left).toBeGreaterThan(595);
    expect(left).toBeLessThanOrEqual(600);
  });

  it('is the time given, unless a TTL is given too', async () => {
    const time = inSeconds(1000);
    await put('timed', 'v', `?expiration=${time}`);
    expect(await expirationOf('timed')).toBe(time);
    await put('timed', 'v', `?expiration=${time}&expiration_ttl=61`);
    expect(await expirationOf('timed')).toBeLessThan(time);
  });

  it('past 2038 is kept, to the second or the next', async () => {
    const time = 2 ** 31 + 1000;
    await put('late', 'v', `?expiration=${time}`);
    expect(Math.abs(((await expirationOf('late')) ?? 0) - time)).toBeLessThanOrEqual(1);
  });

  it('is dropped by a put without it', async () => {
    await put('timed', 'v', '?expiration_ttl=60');
    await put('timed', 'v');
    expect(await expirationOf('timed')).toBeNull();
  });

  it.each([
    ['expiration_ttl=59', 10034],
    ['expiration_ttl=0', 10034],
    ['expiration_ttl=-1', 10034],
    ['expiration_ttl=1h', 10034],
    ['expiration_ttl=90.5', 10034],
    ['expiration_ttl=2147483648', 10034],
    ['expiration=99999999999', 10033],
    ['expiration=1', 10033],
    ['expiration=tomorrow', 10033],
  ])('is refused: %s', async (query, code) => {
    expect(await failure(await put('never', 'v', `?${query}`))).toMatchObject({
      status: 400,
      code,
    });
    expect((await engine.kv('/values/never')).status).toBe(404);
  });

  it('less than 60 seconds ahead is refused', async () => {
    const reply = await put('never', 'v', `?expiration=${inSeconds(50)}`);
    expect(await failure(reply)).toMatchObject({ status: 400, code: 10033 });
  });
});
