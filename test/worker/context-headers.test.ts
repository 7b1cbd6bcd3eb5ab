import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asciiJson } from '../../worker/src/ascii-json.ts';
import { addContext, fittingFlags, type Told } from '../../worker/src/context-headers.ts';
import { messagesOf, saidIn, withMessages } from '../../worker/src/messages.ts';

describe('JSON in a header', () => {
  it('is printable ASCII and parses back to what it was', () => {
    const values = fc.anything({ withBigInt: false, withUnicodeString: true } as object);
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue(), values), (value) => {
        const json = JSON.stringify(value);
        fc.pre(json !== undefined);
        expect(asciiJson(value)).toMatch(/^[ -~]*$/);
        expect(JSON.parse(asciiJson(value))).toEqual(JSON.parse(json));
      }),
    );
  });
});

describe('the headers of the context', () => {
  const added = (flags: Record<string, boolean>, told?: Told) => {
    const headers = new Headers();
    addContext(headers, fittingFlags(flags), told);
    return Object.fromEntries(headers);
  };
  const message = (preview: string) => ({ timestamp: 1_800_000_000_000, preview });

  it('are whole as a rule, and nothing is said of a cut', () => {
    const messages = Array.from({ length: 10 }, () => message('名'.repeat(100)));
    const headers = added({ api_enabled: true }, { messages, isCut: false });
    expect(JSON.parse(headers['x-goblin-flags'] ?? '')).toEqual({ api_enabled: true });
    expect(JSON.parse(headers['x-goblin-context'] ?? '')).toEqual(messages);
    expect(headers).not.toHaveProperty('x-goblin-truncated');
  });

  it('hold as many flags as fit, those that come first, and say that there are more', () => {
    const names = Array.from({ length: 400 }, (_, i) => `some_feature_flag_${i}`);
    const flags = Object.fromEntries(['api_enabled', ...names].map((name, i) => [name, i % 2 > 0]));
    const headers = added(flags);
    const told = JSON.parse(headers['x-goblin-flags'] ?? '');
    expect(headers['x-goblin-flags']?.length).toBeLessThanOrEqual(4000);
    expect(headers['x-goblin-flags']?.length).toBeGreaterThan(3900);
    expect(told).toHaveProperty('api_enabled');
    expect(flags).toMatchObject(told);
    expect(headers['x-goblin-truncated']).toBe('flags');
  });

  it('leave out a flag whose name alone is too long, and no other', () => {
    const headers = added({ a: true, ['é'.repeat(3000)]: true, z: false });
    expect(JSON.parse(headers['x-goblin-flags'] ?? '')).toEqual({ a: true, z: false });
  });

  it('hold the newest messages that fit', () => {
    const messages = Array.from({ length: 10 }, (_, i) => message(`${i}${'\u0001'.repeat(200)}`));
    const headers = added({}, { messages, isCut: false });
    const told = JSON.parse(headers['x-goblin-context'] ?? '');
    expect(headers['x-goblin-context']?.length).toBeLessThanOrEqual(8000);
    expect(told).toEqual(messages.slice(-told.length));
    expect(told.length).toBeGreaterThan(3);
    expect(headers['x-goblin-truncated']).toBe('context');
  });

  it('name all that was cut', () => {
    const flags = Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`flag_${i}`, true]));
    expect(added(flags, { messages: [], isCut: true })).toMatchObject({
      'x-goblin-truncated': 'flags, context',
    });
  });
});

describe('a stored conversation', () => {
  it('is taken as it is where it is one', () => {
    const messages = [{ timestamp: 1_800_000_000_000, preview: 'Hello' }];
    expect(messagesOf({ messages, last_updated: 1_800_000_000_000 })).toEqual({
      messages,
      isCut: false,
    });
    expect(messagesOf(null)).toEqual({ messages: [], isCut: false });
  });

  it.each([
    ['no list', { messages: 'x'.repeat(30_000) }, []],
    ['no messages', { messages: [7, null, 'text', { text: 'x' }, { preview: {} }] }, []],
    [
      'long previews',
      { messages: [{ timestamp: 1_800_000_000_000, preview: 'x'.repeat(30_000) }] },
      [{ timestamp: 1_800_000_000_000, preview: 'x'.repeat(100) }],
    ],
    [
      'more fields',
      { messages: [{ timestamp: 1_800_000_000_000, preview: 'x', more: 'y'.repeat(30_000) }] },
      [{ timestamp: 1_800_000_000_000, preview: 'x' }],
    ],
    [
      'other times',
      { messages: [{ timestamp: '2027-01-01T00:00:00Z', preview: 'x' }] },
      [{ timestamp: 1_798_761_600_000, preview: 'x' }],
    ],
  ])('with %s is read as far as it can be', (_what, stored, messages) => {
    expect(messagesOf(stored).messages).toEqual(messages);
  });

  it('of any shape makes a bounded header', () => {
    const item = fc.oneof(
      fc.jsonValue(),
      fc.record({
        timestamp: fc.jsonValue(),
        preview: fc.string({ unit: 'binary', maxLength: 5000 }),
      }),
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.record({ messages: fc.array(item) })), (stored) => {
        const headers = new Headers();
        addContext(headers, fittingFlags({}), messagesOf(stored));
        expect(headers.get('X-Goblin-Context')?.length).toBeLessThanOrEqual(8000);
      }),
      { numRuns: 50 },
    );
  });
});

describe('what the user says', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['a message', { message: 'hi' }, 'hi'],
    ['a message in parts', { message: [{ type: 'text', text: 'hi' }] }, 'hi'],
    ['the last of the messages', { messages: [{ content: 'old' }, { content: 'new' }] }, 'new'],
    [
      'the last that is the user’s',
      {
        messages: [
          { role: 'system', content: 'be nice' },
          { role: 'user', content: 'mine' },
          { role: 'assistant', content: 'theirs' },
          { role: 'tool', content: '42' },
        ],
      },
      'mine',
    ],
    [
      'a content in parts',
      {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'look at' },
              { type: 'image_url', image_url: { url: 'data:…' } },
              { type: 'text', text: 'this' },
            ],
          },
        ],
      },
      'look at this',
    ],
    ['nothing, where only others speak', { messages: [{ role: 'assistant', content: 'x' }] }, ''],
    ['nothing, where nothing is text', { message: { a: 1 }, messages: [[], null, 7] }, ''],
    ['nothing, where there is nothing', {}, ''],
  ])('is %s', (_what, fields, said) => expect(saidIn(fields)).toBe(said));
});

describe('messages that are added', () => {
  const at = (timestamp: number, preview: string) => ({ timestamp, preview });

  it('stand in the order of time, each once, and the last ten of them', () => {
    const stored = [at(1, 'a'), at(4, 'd')];
    expect(withMessages(stored, [at(3, 'c'), at(4, 'd')])).toEqual([
      at(1, 'a'),
      at(3, 'c'),
      at(4, 'd'),
    ]);
    const many = Array.from({ length: 15 }, (_, i) => at(i, `${i}`));
    expect(withMessages([], many)).toEqual(many.slice(-10));
  });

  it('are said twice where they were said twice', () => {
    expect(withMessages([at(1, 'a')], [at(1, 'a'), at(1, 'a')])).toHaveLength(2);
  });
});
