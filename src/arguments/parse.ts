/** Arguments as commands mean them. Each throws a usage error that names the right form. */
import { isIP } from 'node:net';
import { usageError } from '../contract/errors.ts';

/** A whole number from 1 up. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count > 0 && Number.isSafeInteger(count)) return count;
  throw usageError('bad_number', `"${text}" is no count`, 'Write a whole number from 1 up.');
}

/**
 * An IP address as the edge writes it in keys: IPv6 in lower case and shortened, or `unknown`, which
 * stands for requests without an address.
 */
export function parseIp(text: string): string {
  if (text === 'unknown') return text;
  const family = isIP(text);
  if (family === 4) return text;
  if (family === 6 && !text.includes('%')) return new URL(`http://[${text}]`).hostname.slice(1, -1);
  throw usageError(
    'bad_ip',
    `"${text}" is no IP address`,
    'Write it as 203.0.113.9 or 2001:db8::1, or unknown for requests without one.',
  );
}
