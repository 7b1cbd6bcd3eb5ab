/** The network of an address: what one subscriber or one rented machine usually has. */
import { isIP } from 'node:net';

/** `203.0.113.0/24` or `2001:db8:1:2::/64`; what is no address is its own network. */
export function networkOf(ip: string): string {
  const family = isIP(ip);
  if (family === 4) return `${ip.split('.').slice(0, 3).join('.')}.0/24`;
  if (family === 6) return `${shortened(groupsOf(ip).slice(0, 4))}/64`;
  return ip;
}

/** The eight groups of an IPv6 address, without leading zeros. */
function groupsOf(ip: string): string[] {
  const [head = '', tail] = hostname(ip).split('::');
  const left = head === '' ? [] : head.split(':');
  if (tail === undefined) return left;
  const right = tail === '' ? [] : tail.split(':');
  return [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
}

const shortened = (groups: readonly string[]): string => hostname(`${groups.join(':')}::`);

/** As URLs write it: lower case, the longest run of zeros left out, no dotted part. */
const hostname = (ip: string): string => new URL(`http://[${ip}]`).hostname.slice(1, -1);
