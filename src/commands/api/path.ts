/** The path of an endpoint as operators write it. Pure. */
import { usageError } from '../../contract/errors.ts';
import { maskKey } from '../../shards/handle.ts';

const ROOT = '/client/v4/';

/**
 * A path below the account, or from `/client/v4/` on for what belongs to no account.
 * @returns without the account: `storage/kv/namespaces?page=2`, or `/user/tokens/verify` from the root
 * @throws {GoblinError} exit 2 for what could leave the API
 */
export function parsePath(text: string): string {
  if (/^[a-z][a-z+.-]*:/i.test(text)) {
    throw badPath(text, `Write its path alone, such as ${ROOT}user/tokens/verify.`);
  }
  const isFromRoot = text.startsWith(ROOT);
  const path = isFromRoot ? text.slice(ROOT.length) : text.replace(/^\//, '');
  const [segments = ''] = path.split('?', 1);
  const isPlain = /^[\x21-\x7e]+$/.test(path) && !/[\\#]/.test(path);
  if (!isPlain || !segments.split('/').every(isSegment)) {
    throw badPath(text, 'Write it as storage/kv/namespaces, with special characters as %3A.');
  }
  if (!isFromRoot && path.startsWith('accounts/')) {
    throw badPath(
      text,
      `Paths are below the account already: leave out accounts/ and the id, or begin with ${ROOT}.`,
    );
  }
  return isFromRoot ? `/${path}` : path;
}

/** Neither empty nor a step to another folder, which a URL would take out. */
const isSegment = (segment: string) => segment !== '' && !/^(\.|%2e){1,2}$/i.test(segment);

function badPath(text: string, hint: string) {
  return usageError('bad_path', `"${text}" is not a valid path of the API`, hint);
}

/** The path below `/client/v4`, with these fields in its query. */
export function fullPath(
  path: string,
  accountId: string,
  query: readonly (readonly [name: string, value: string])[] = [],
): string {
  const whole = path.startsWith('/') ? path : `/accounts/${accountId}/${path}`;
  if (query.length === 0) return whole;
  const added = new URLSearchParams(query.map(([name, value]): [string, string] => [name, value]));
  return `${whole}${whole.includes('?') ? '&' : '?'}${added}`;
}

/** As it may be shown and kept: a session's token in it becomes a handle. */
export function maskPath(path: string): string {
  return path.split('/').map(maskSegment).join('/');
}

function maskSegment(segment: string): string {
  try {
    const key = decodeURIComponent(segment);
    const masked = maskKey(key);
    return masked === key ? segment : masked;
  } catch {
    return segment;
  }
}
