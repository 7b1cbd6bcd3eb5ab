import { badRequest } from './failure.ts';
import { checkKey } from './limits.ts';

/**
 * The key at the end of `…/values/{key}` or `…/metadata/{key}`, decoded exactly once from the path as it
 * was sent, so that `a%2Fb`, `a%252Fb` and a raw `a/b` each name what they say.
 * @throws ApiFailure 400 for a broken escape or a name KV refuses, 414 for one over 512 bytes.
 */
export function keyInPath(path: string): string {
  const key = decode(path.split('/').slice(10).join('/'));
  checkKey(key);
  return key;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw badRequest('Could not URL-decode key name');
  }
}
