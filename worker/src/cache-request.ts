/** Which requests may be answered from the cache, and under which key. */
import { cacheKeyText, variantOf } from '../../src/shards/cache.ts';
import type { Call } from './call.ts';
import { callersFlags } from './flags.ts';
import { hasPath } from './path-set.ts';
import { variables } from './variables.ts';

/** Headers by which the backend may answer one caller otherwise than another. */
const PERSONAL = ['Authorization', 'Cookie', 'Origin', 'Range', 'X-Api-Key', 'Proxy-Authorization'];

/** Whether the answer to a request may be the same for everybody. */
export function isCacheable({ env, method, path, request }: Call): boolean {
  const { CACHE_PATHS, CACHE_BYPASS_HEADERS } = variables(env);
  if (method !== 'GET' || !hasPath(CACHE_PATHS, path) || request.body) return false;
  const { headers } = request;
  return ![...PERSONAL, ...CACHE_BYPASS_HEADERS].some((name) => headers.has(name));
}

/** The key of the answer: path, query string, and those flags that are on of the ones it depends on. */
export function cacheKeyOf(call: Call): string {
  const names = variables(call.env).CACHE_BY_FLAGS;
  const flags = names.length > 0 ? callersFlags(call) : {};
  const { path: pathname, target } = call;
  const variant = variantOf(names.filter((name) => flags[name]));
  return cacheKeyText({ pathname, search: target.slice(pathname.length), variant });
}
