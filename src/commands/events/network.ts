/** The network of an address: what one subscriber or one rented machine usually has. */
import { networkOf as network } from '../../shards/address.ts';

/** `203.0.113.0/24` or `2001:db8:1:2::/64`; what is no address is its own network. */
export function networkOf(ip: string): string {
  const name = network(ip, 64);
  if (name === null) return ip;
  return name.includes('/') ? name : `${name.split('.').slice(0, 3).join('.')}.0/24`;
}
