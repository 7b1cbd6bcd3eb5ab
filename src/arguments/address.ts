/** Addresses and ranges of addresses. */
import { BlockList, isIP } from 'node:net';
import { usageError } from '../contract/errors.ts';
import { networkOf } from '../shards/address.ts';
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

/**
 * Whether an address is one of those, or in one of the ranges. A network, as a bucket may be for one, is in
 * a range when they have an address in common.
 */
export function addressTest(addresses: readonly string[]): (client: string) => boolean {
  const exact = new Set(addresses);
  // One for each family: Node takes an IPv4 address for a mapped one, and so for one of `::/0`.
  const ranges = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const text of addresses) {
    const [address = '', bits] = text.split('/');
    const family = familyOf(address);
    if (bits !== undefined) ranges[family].addSubnet(address, Number(bits), family);
  }
  const isInside = (network: string, bits: string) =>
    addresses.some((text) => networkOf(text.replace(/\/.*/, ''), Number(bits)) === network);
  return (client) => {
    const [address = '', bits] = client.split('/');
    if (exact.has(client)) return true;
    if (isIP(address) === 0) return false;
    const family = familyOf(address);
    return ranges[family].check(address, family) || (bits !== undefined && isInside(client, bits));
  };
}

const familyOf = (ip: string) => (isIP(ip) === 6 ? 'ipv6' : 'ipv4');
