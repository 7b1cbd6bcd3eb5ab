/** Addresses and ranges of addresses. */
import { BlockList, isIP } from 'node:net';
import { usageError } from '../errors.ts';
import { parseIp } from './parse.ts';

/** An address as keys have it, or a CIDR range. @throws {GoblinError} exit 2 for anything else. */
export function parseAddress(text: string): string {
  return text.includes('/') ? parseCidr(text) : parseIp(text);
}

/** A CIDR range. @throws {GoblinError} exit 2 for anything else. */
export function parseCidr(text: string): string {
  const [address = '', bits = '', ...more] = text.split('/');
  const most = isIP(address) === 4 ? 32 : 128;
  const isRange = isIP(address) !== 0 && !address.includes('%') && more.length === 0;
  if (isRange && /^\d{1,3}$/.test(bits) && Number(bits) <= most) return text;
  throw usageError(
    'bad_cidr',
    `"${text}" is no range of addresses`,
    'Write it as 203.0.113.0/24 or 2001:db8::/32.',
  );
}

/** Whether an address is one of those, or in one of the ranges. */
export function addressTest(addresses: readonly string[]): (ip: string) => boolean {
  const exact = new Set(addresses);
  // One for each family: Node takes an IPv4 address for a mapped one, and so for one of `::/0`.
  const ranges = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const text of addresses) {
    const [address = '', bits] = text.split('/');
    const family = familyOf(address);
    if (bits !== undefined) ranges[family].addSubnet(address, Number(bits), family);
  }
  return (ip) => exact.has(ip) || (isIP(ip) !== 0 && ranges[familyOf(ip)].check(ip, familyOf(ip)));
}

const familyOf = (ip: string) => (isIP(ip) === 6 ? 'ipv6' : 'ipv4');
