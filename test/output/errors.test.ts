import { describe, expect, it } from 'vitest';
import { GoblinError } from '../../src/contract/errors.ts';
import { coloursFor } from '../../src/output/colour.ts';
import { errorJson, errorText } from '../../src/output/errors.ts';
import { fakeIo } from '../io.ts';

const { stdout } = fakeIo();
const plain = coloursFor(stdout, {});
const red = coloursFor(stdout, { FORCE_COLOR: '1' });

const error = new GoblinError('notFound', 'key_not_found', 'no key "a\x1b[2J\nb"', {
  hint: 'List them:\tgoblin kv list',
  requestId: '8f1c-FRA',
});

describe('errorText', () => {
  it('says what, what to do and which request, each on one line', () => {
    expect(errorText(error, plain)).toBe(
      'goblin: no key "a\\x1b[2J\\nb"\n  List them:\\tgoblin kv list\n  request 8f1c-FRA\n',
    );
  });

  it('is one line where there is no more to say', () => {
    const bare = new GoblinError('failed', 'failed', 'it broke');
    expect(errorText(bare, plain)).toBe('goblin: it broke\n');
    expect(errorText(bare, red)).toBe('\x1b[31mgoblin:\x1b[39m it broke\n');
  });
});

describe('errorJson', () => {
  it('is one line with every field, unknown ones null', () => {
    expect(
      errorJson(new GoblinError('quota', 'rate_limited', 'slow\ndown', { retryable: true })),
    ).toBe(
      '{"error":{"code":"rate_limited","message":"slow\\ndown","hint":null,"retryable":true,"request_id":null}}\n',
    );
  });

  it('carries hint and request', () => {
    expect(JSON.parse(errorJson(error)).error).toEqual({
      code: 'key_not_found',
      message: 'no key "a\x1b[2J\nb"',
      hint: 'List them:\tgoblin kv list',
      retryable: false,
      request_id: '8f1c-FRA',
    });
  });
});
