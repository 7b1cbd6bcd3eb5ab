/**
 * Parts of key codecs. A key is refused when it would not be read back as the same identity, and when KV would
 * refuse it.
 */

import { MAX_KEY_BYTES } from './kv-limits.ts';

/** A key, or a part of one, that is not valid. */
export class KeyError extends Error {
  override readonly name = 'KeyError';
}

const utf8 = /* @__PURE__ */ new TextEncoder();

/** The length of a text in UTF-8 bytes, which is what KV's limits count. */
export function byteLength(text: string): number {
  return utf8.encode(text).length;
}

/**
 * The key as it may be stored.
 * @throws {KeyError} when KV would refuse it: empty, `.`, `..`, over 512 bytes, or not well-formed Unicode.
 */
export function checkKey(key: string): string {
  if (key === '' || key === '.' || key === '..') {
    throw new KeyError(`KV has no key ${JSON.stringify(key)}`);
  }
  // A lone surrogate has no UTF-8 form: it would be stored, and read back, as U+FFFD.
  if (!key.isWellFormed()) throw new KeyError('the key holds half of a surrogate pair');
  const bytes = byteLength(key);
  if (bytes > MAX_KEY_BYTES) {
    throw new KeyError(`the key is ${bytes} bytes long, and KV takes at most ${MAX_KEY_BYTES}`);
  }
  return key;
}

/** The codec of a shard whose key is a fixed prefix and any text that is not empty. */
export function prefixKey(prefix: string, what: string) {
  return {
    format(part: string): string {
      if (part === '') throw new KeyError(`${what} is empty`);
      return checkKey(prefix + part);
    },
    parse(key: string): string | null {
      return key.length > prefix.length && key.startsWith(prefix) ? key.slice(prefix.length) : null;
    },
  };
}
