import { isIPv4 } from 'node:net';
import { usageError } from '../contract/errors.ts';
import { type Machine, variable } from './machine.ts';
import type { Setting } from './setting.ts';

const NAME = 'CLOUDFLARE_API_BASE_URL';
export const CLOUDFLARE_API = 'https://api.cloudflare.com/client/v4';

/** Whether a URL's host is this machine itself: 127.0.0.0/8, ::1, localhost. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'));
}

function refuse(why: string) {
  return usageError('bad_api_url', `${NAME} ${why}`, `Unset it, or set it to ${CLOUDFLARE_API}.`);
}

/**
 * Where Cloudflare's API is, without a slash at its end: `CLOUDFLARE_API_BASE_URL`, else Cloudflare itself.
 * Refuses an address that would send the token in the clear over a network, and one with a name and
 * password in it, which would show up in every line that names the target. Throws `bad_api_url`.
 */
export function apiBase(env: Machine['env']): Setting<string> {
  const text = variable(env, NAME);
  if (text === undefined) return { value: CLOUDFLARE_API, origin: 'default' };
  if (!URL.canParse(text)) throw refuse('is not a URL');
  const { protocol, hostname, username, password, search, hash, origin, pathname } = new URL(text);
  if (username !== '' || password !== '') throw refuse('holds a user name or password');
  if (search !== '' || hash !== '') throw refuse('has a query or a fragment');
  if (protocol !== 'https:' && protocol !== 'http:')
    throw refuse(`has to be https, not ${protocol}`);
  if (protocol === 'http:' && !isLoopback(hostname)) {
    throw refuse(
      `would send the API token unencrypted to ${hostname}: plain http is for this machine only`,
    );
  }
  return { value: `${origin}${pathname}`.replace(/\/+$/, ''), origin: NAME };
}
