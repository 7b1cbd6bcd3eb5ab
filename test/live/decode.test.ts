import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeClientFrame } from '../../src/live/decode.ts';
import { decodeServerFrame } from '../../src/live/decode-server.ts';
import { MAX_FRAME, MAX_TEXT, MAX_VALUE } from '../../src/live/protocol.ts';

const hello = { type: 'hello', version: 1, client: 'a' };
const edit = { type: 'edit', n: 1, field: 'title', base: 0, value: 'x' };

describe("a client's frame", () => {
  it.each([
    hello,
    { ...hello, version: 9, since: 0, doc: 4, epoch: 'e', unknown: [] },
    { type: 'message', n: 1, text: 'x' },
    { type: 'message', n: Number.MAX_SAFE_INTEGER, text: 'é'.repeat(MAX_TEXT) },
    edit,
    { ...edit, value: null },
    { ...edit, value: { list: [1, 'two', null, true] } },
    { type: 'typing', on: false },
    { type: 'sync', sent: 0 },
  ])('may be %j', (frame) => {
    expect(decodeClientFrame(JSON.stringify(frame))).toEqual(frame);
  });

  it.each([
    { ...hello, version: 0 },
    { ...hello, client: '' },
    { ...hello, client: 'a b' },
    { ...hello, client: 'x'.repeat(65) },
    { ...hello, since: -1 },
    { ...hello, doc: 1.5 },
    { ...hello, epoch: 7 },
    { type: 'message', n: 0, text: 'x' },
    { type: 'message', n: '1', text: 'x' },
    { type: 'message', n: 1 },
    { type: 'message', n: 1, text: '' },
    { type: 'message', n: 1, text: 'a\0b' },
    { type: 'message', n: 1, text: '\ud800' },
    { type: 'message', n: 1, text: 'x'.repeat(MAX_TEXT + 1) },
    { type: 'message', n: 2 ** 53, text: 'x' },
    { ...edit, field: '' },
    { ...edit, base: undefined },
    { ...edit, value: undefined },
    { ...edit, value: 'x'.repeat(MAX_VALUE) },
    { type: 'typing', on: 1 },
    { type: 'sync', sent: null },
  ])('is refused where it is %j', (frame) => {
    expect(decodeClientFrame(JSON.stringify(frame))).toMatchObject({ code: 'bad_frame' });
  });

  it.each([
    '',
    '{',
    'null',
    '1',
    '"hello"',
    `{"type":"sync","sent":1${' '.repeat(MAX_FRAME)}}`,
    new ArrayBuffer(4),
    undefined,
  ])('is refused where it is no JSON object (case %#)', (data) => {
    expect(decodeClientFrame(data)).toMatchObject({ type: 'refusal', code: 'bad_frame' });
  });

  it.each(['{}', '[]', '{"type":"constructor"}', '{"type":"__proto__"}', '{"type":"refusal"}'])(
    'of an unknown type is told as that: %s',
    (data) => {
      expect(decodeClientFrame(data)).toMatchObject({ type: 'refusal', code: 'unknown_type' });
    },
  );

  it('never throws, and is never taken for what it does not hold', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.jsonValue().map((value) => JSON.stringify(value)),
    );
    const types = fc.constantFrom('hello', 'message', 'edit', 'typing', 'sync');
    const typed = fc
      .tuple(
        types,
        fc.dictionary(fc.constantFrom('n', 'text', 'on', 'sent', 'base'), fc.jsonValue()),
      )
      .map(([type, fields]) => JSON.stringify({ ...fields, type }));
    fc.assert(
      fc.property(fc.oneof(anything, typed), (data) => {
        const frame = decodeClientFrame(data);
        if (frame.type === 'message') expect(frame.text.length * frame.n).toBeGreaterThan(0);
        if (frame.type === 'sync') expect(Number.isSafeInteger(frame.sent)).toBe(true);
      }),
    );
  });
});

describe("a room's frame", () => {
  const field = { field: 'f', version: 1, value: null, user: '', client: '', n: 0, at: 0 };
  const person = { user: 'ann', since: 0, lastActive: 0, sockets: 1 };

  it.each([
    { type: 'ack', n: 1 },
    { type: 'messages', after: 0, upto: 0, messages: [], more: 'of a newer room' },
    { type: 'fields', after: 0, upto: 1, fields: [field] },
    { type: 'presence', people: [person] },
    { type: 'presence', changed: [person], left: ['bob'] },
    { type: 'error', code: 'of a newer room', message: '' },
  ])('may be %j', (frame) => {
    expect(decodeServerFrame(JSON.stringify(frame))).toEqual(frame);
  });

  it('of a type that is not known is skipped', () => {
    expect(decodeServerFrame('{"type":"poll"}')).toBeNull();
    expect(decodeServerFrame('{"type":"toString"}')).toBeNull();
  });

  it.each([
    'pong',
    '[',
    '{"type":"ack"}',
    '{"type":"messages","after":0,"upto":1,"messages":[{"seq":1}]}',
    '{"type":"fields","after":0,"upto":1,"fields":[null]}',
    '{"type":"presence","people":[{"user":7}]}',
    '{"type":"conflict","n":1,"field":{}}',
  ])('that does not hold what it must is an error: %s', (data) => {
    expect(() => decodeServerFrame(data)).toThrow(/^the room sent/);
  });
});
