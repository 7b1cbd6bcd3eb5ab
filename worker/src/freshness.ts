/** For how long a shared cache may serve a response: RFC 9111, with the targeted fields of RFC 9213. */

interface Freshness {
  /** Seconds for which the response may still be served; 0 where it must not be stored. */
  seconds: number;
  /** Its age in seconds when it came. */
  age: number;
}

type Directives = ReadonlyMap<string, string>;

/** Fields that are for shared caches alone; the first that is present replaces Cache-Control and Expires. */
const TARGETED = ['Cloudflare-CDN-Cache-Control', 'CDN-Cache-Control'];
const FORBIDDING = ['no-store', 'no-cache', 'private'];

/** @param most seconds: the lifetime where the response states none, and the longest otherwise. */
export function freshness(headers: Headers, now: number, most: number): Freshness {
  const age = ageOf(headers, now);
  const lifetime = lifetimeOf(headers, now) ?? most;
  return { age, seconds: Math.min(most, Math.max(0, lifetime - age)) };
}

function lifetimeOf(headers: Headers, now: number): number | undefined {
  const targeted = TARGETED.map((name) => headers.get(name)).find(Boolean);
  const control = targeted ?? headers.get('Cache-Control');
  const directives = parse(control ?? headers.get('Pragma') ?? '');
  if (FORBIDDING.some((name) => directives.has(name))) return 0;
  const stated = directives.get('s-maxage') ?? directives.get('max-age');
  if (stated !== undefined) return deltaSeconds(stated);
  return targeted ? undefined : untilExpires(headers, now);
}

/** Directives by name in lower case. Of one that is repeated, the first counts. */
function parse(field: string): Directives {
  const directives = new Map<string, string>();
  for (const [, name = '', quoted, plain] of field.matchAll(
    /([\w-]+)(?:\s*=\s*(?:"([^"]*)"|([^\s,;]*)))?/g,
  )) {
    const key = name.toLowerCase();
    if (!directives.has(key)) directives.set(key, quoted ?? plain ?? '');
  }
  return directives;
}

/** A lifetime that cannot be read is over: RFC 9111, section 4.2.1. */
function deltaSeconds(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : 0;
}

function untilExpires(headers: Headers, now: number): number | undefined {
  const expires = headers.get('Expires');
  if (expires === null) return undefined;
  const end = Date.parse(expires);
  // `Expires: 0` and the like are in the past.
  return Number.isNaN(end) ? 0 : (end - (dateOf(headers) ?? now)) / 1000;
}

/** RFC 9111, section 4.2.3, without the delay of the response, which is part of the next second. */
function ageOf(headers: Headers, now: number): number {
  const apparent = Math.floor((now - (dateOf(headers) ?? now)) / 1000);
  return Math.max(0, apparent, deltaSeconds(headers.get('Age') ?? ''));
}

function dateOf(headers: Headers): number | undefined {
  const date = Date.parse(headers.get('Date') ?? '');
  return Number.isNaN(date) ? undefined : date;
}
