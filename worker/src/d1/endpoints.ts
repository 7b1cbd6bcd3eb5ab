/**
 * Paths as usage is counted by: with `:id` in place of whatever tells single things apart, so that there are only
 * so many, whatever is asked for.
 */
import type { Call } from '../call.ts';
import { MAX_ENDPOINTS, MAX_PATHS, MAX_SEGMENTS, MAX_SIBLINGS } from '../limits.ts';
import { maskPath } from '../mask-path.ts';
import { remember } from '../memory.ts';

/** Names that were found so far, by where they stand, and how many there are below each. */
const names = new Map<string, number>();
/** Endpoints by path. */
const endpoints = new Map<string, string>();

/** @param isFound what does not exist teaches no names. */
export function endpointOf({ path, bearer }: Call, isFound: boolean): string {
  const known = endpoints.get(path);
  if (known !== undefined) return known;
  let endpoint = '';
  const segments = maskPath(path, bearer).split('/').filter(Boolean).slice(0, MAX_SEGMENTS);
  for (const segment of segments) {
    const named = `${endpoint}/${segment}`;
    endpoint = isName(segment) && isOneOfFew(endpoint, named, isFound) ? named : `${endpoint}/:id`;
  }
  endpoint ||= '/';
  if (isFound) remember(endpoints, path, endpoint, MAX_PATHS);
  return endpoint;
}

/** A word, perhaps with a digit, or a version: `v12`. */
function isName(segment: string): boolean {
  return /^(v\d+|(?!\d*$)[a-z._~-]*\d?[a-z._~-]*)$/i.test(segment) && segment.length <= 32;
}

/** Whether a name is known, or may still be learnt: ids may look like words. */
function isOneOfFew(parent: string, named: string, isFound: boolean): boolean {
  if (names.has(named)) return true;
  const siblings = names.get(parent) ?? 0;
  if (!isFound || siblings >= MAX_SIBLINGS || names.size >= MAX_ENDPOINTS) return false;
  names.set(parent, siblings + 1);
  names.set(named, 0);
  return true;
}
