/** IP addresses as one text each, and the networks they are in. It imports nothing: the edge bundles it. */

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
/** An IPv4 address in IPv6's mapped form, as URLs spell it. */
const MAPPED = /^::ffff:([^:]+):([^:]+)$/;

/**
 * The network of an address, in one spelling: `2001:db8:1:2::/64`. An IPv4 address, in IPv6's mapped form
 * as well (`::ffff:203.0.113.9`), stands for itself, and so does an IPv6 address with a prefix of 128 bits.
 * @returns null where the text is not an address.
 */
export function networkOf(text: string, prefix: number): string | null {
  if (IPV4.test(text)) return text;
  const address = normalized(text);
  if (address === null) return null;
  const mapped = MAPPED.exec(address);
  if (mapped) return dotted(mapped.slice(1).map(fromHex));
  if (prefix === 128) return address;
  const network = groupsOf(address).map((group, i) =>
    (group & maskOf(prefix - 16 * i)).toString(16),
  );
  return `${normalized(network.join(':'))}/${prefix}`;
}

/** An IPv6 address as URLs spell it, which is RFC 5952's form (url.spec.whatwg.org, "IPv6 serializer"). */
function normalized(text: string): string | null {
  if (!/^[\da-f:.]+$/i.test(text)) return null;
  try {
    return new URL(`http://[${text}]`).hostname.slice(1, -1);
  } catch {
    return null;
  }
}

/** The eight groups of a normalized address. */
function groupsOf(address: string): number[] {
  const [left = [], right = []] = address.split('::').map((half) => (half ? half.split(':') : []));
  const zeros = Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].map(fromHex);
}

const fromHex = (group: string) => Number.parseInt(group, 16);

/** The part of a group of 16 bits that the first `bits` of it are. */
function maskOf(bits: number): number {
  return bits >= 16 ? 0xffff : bits <= 0 ? 0 : 0xffff & (0xffff << (16 - bits));
}

function dotted(groups: readonly number[]): string {
  return groups.flatMap((group) => [group >> 8, group & 255]).join('.');
}
