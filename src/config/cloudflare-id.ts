import { usageError } from '../contract/errors.ts';
import type { Setting } from './setting.ts';

/**
 * Checks an account or namespace id before it becomes part of an address: Cloudflare's are 32 hexadecimal
 * digits, other servers of the same API have their own, and none has a slash or a dot.
 * Throws `bad_id`.
 */
export function checkedId({ value, origin }: Setting<string>, what: string): string {
  if (/^[\w-]{1,64}$/.test(value)) return value;
  throw usageError(
    'bad_id',
    `${origin} is not the id of ${what}: ${value}`,
    'An id is 32 hexadecimal digits, as the Cloudflare dashboard shows it.',
  );
}
