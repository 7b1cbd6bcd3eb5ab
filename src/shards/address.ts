/** IP addresses as one text each, and the networks they are in. It imports nothing: the edge bundles it. */

/** The longest text of an IPv6 address, with its last 32 bits in IPv4's form. */
const LONGEST = 45;

/**
 * The network of an address, in one spelling: `2001:db8:1:2::/64`. An IPv4 address, in IPv6's mapped form
 * as well (`::ffff:203.0.113.9`), stands for itself, and so does an IPv6 address with a prefix of 128 bits.
 * @returns null where the text is not an address.
 */
export function networkOf(text: string, prefix: number): string | null {
  if (isIpv4(text)) return text;
  const groups = groupsOf(text);
  if (!groups) return null;
  if (groups.slice(0, 6).join() === '0,0,0,0,0,65535') return dotted(groups);
  if (prefix === 128) return shortened(groups);
  return `${shortened(groups.map((group, i) => group & maskOf(prefix - 16 * i)))}/${prefix}`;
}

/** The part of a group of 16 bits that the first `bits` of it are. */
function maskOf(bits: number): number {
  return bits >= 16 ? 0xffff : bits <= 0 ? 0 : 0xffff & (0xffff << (16 - bits));
}

function isIpv4(text: string): boolean {
  return /^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/.test(text) && !text.split('.').some(isOver);
}

const isOver = (part: string) => Number(part) > 255;

/** The eight groups of an IPv6 address. */
function groupsOf(text: string): number[] | null {
  const written = text.length > LONGEST ? null : withoutDots(text);
  const [left, right, ...more] = written?.split('::').map(parts) ?? [];
  if (!left || more.length > 0) return null;
  const missing = 8 - left.length - (right?.length ?? 0);
  if (right ? missing < 1 : missing !== 0) return null;
  const groups = [...left, ...Array<string>(missing).fill('0'), ...(right ?? [])];
  if (!groups.every((group) => /^[\da-f]{1,4}$/i.test(group))) return null;
  return groups.map((group) => Number.parseInt(group, 16));
}

const parts = (half: string) => (half === '' ? [] : half.split(':'));

/** With the last 32 bits as two groups where they are written as an IPv4 address. */
function withoutDots(text: string): string | null {
  const last = text.slice(text.lastIndexOf(':') + 1);
  if (!last.includes('.')) return text;
  if (!isIpv4(last)) return null;
  const [a = 0, b = 0, c = 0, d = 0] = last.split('.').map(Number);
  const groups = [a * 256 + b, c * 256 + d].map((group) => group.toString(16));
  return text.slice(0, -last.length) + groups.join(':');
}

function dotted(groups: readonly number[]): string {
  return groups
    .slice(6)
    .flatMap((group) => [group >> 8, group & 255])
    .join('.');
}

/** RFC 5952: lower case, the first of the longest runs of zeros as `::`. */
function shortened(groups: readonly number[]): string {
  const text = groups.map((group) => group.toString(16)).join(':');
  let longest = { run: '', index: 0 };
  for (const { 0: run, index } of text.matchAll(/\b0(:0)+\b/g)) {
    if (run.length > longest.run.length) longest = { run, index };
  }
  if (longest.run === '') return text;
  const before = text.slice(0, longest.index).replace(/:$/, '');
  const after = text.slice(longest.index + longest.run.length).replace(/^:/, '');
  return `${before}::${after}`;
}
