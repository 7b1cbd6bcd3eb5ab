/** The traffic that costs are stated for. */

export const TRAFFIC = {
  /** Of all clients together. */
  requestsPerSecond: 50,
  ordinaryAddresses: 500,
  /** Each of them asks as often as it can: this many times a second, on top of the rest. */
  abusiveAddresses: 3,
  abusiveRequestsPerSecond: 10,
  /** Isolates that requests are spread over, by chance. */
  isolates: 4,
  /** Shares of the ordinary requests; what is left is proxied without a session. */
  cached: 0.2,
  withSession: 0.1,
  chats: 0.02,
} as const;

const SHARED = ['/health', '/models', '/providers', '/settings'];

/** The same sequence every time: mulberry32. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * One request of an ordinary client.
 * @param userOf who a client is; each address belongs to one user where it is left out.
 */
export function ordinaryRequest(
  chance: () => number,
  userOf: (client: number) => number = (client) => client,
): Request {
  const client = Math.floor(chance() * TRAFFIC.ordinaryAddresses);
  const headers: Record<string, string> = {
    'CF-Connecting-IP': `198.18.${client >> 8}.${client & 255}`,
  };
  const kind = chance();
  if (kind < TRAFFIC.cached) {
    const path = SHARED[Math.floor(chance() * SHARED.length)];
    return new Request(`https://edge.test${path}`, { headers });
  }
  if (kind > TRAFFIC.cached + TRAFFIC.withSession + TRAFFIC.chats) {
    return new Request(`https://edge.test/api/things/${client}`, { headers });
  }
  headers.Authorization = `Bearer ${tokenOf(userOf(client))}`;
  if (kind > TRAFFIC.cached + TRAFFIC.chats) {
    return new Request('https://edge.test/api/me', { headers });
  }
  const body = JSON.stringify({ message: 'What does a goblin eat for breakfast?' });
  return new Request('https://edge.test/chat', { method: 'POST', headers, body });
}

export function abusiveRequest(index: number): Request {
  const headers = { 'CF-Connecting-IP': `203.0.113.${index}` };
  return new Request('https://edge.test/api/search?q=everything', { headers });
}

export function tokenOf(client: number): string {
  return `u_${client}.secret`;
}

const CHAT = JSON.stringify({ message: 'What does a goblin eat for breakfast?' });

/** One request of a client that stays below the limit; with a session once it has logged in. */
export function politeRequest(chance: () => number, user: number, token: string): Request {
  const headers: Record<string, string> = { 'CF-Connecting-IP': `198.18.0.${user}` };
  const kind = chance();
  if (kind < 0.2) return get(`${SHARED[Math.floor(chance() * 4)]}`, headers);
  // A page more of a list each time, so that half of the answers are asked for only once.
  if (kind < 0.4) return get(`/models?page=${Math.floor(chance() * 1000)}`, headers);
  if (token) headers.Authorization = `Bearer ${token}`;
  if (kind > 0.5) return get('/api/me', headers);
  return new Request('https://edge.test/chat', { method: 'POST', headers, body: CHAT });
}

/** One request of whoever wants the account to run out of writes, from anywhere in an IPv6 network. */
export function attackersRequest(chance: () => number, prefix: 48 | 64): Request {
  const subnet = prefix === 64 ? 1 : Math.floor(chance() * 65_536);
  const host = Math.floor(chance() * 2 ** 32);
  const ip = `2001:db8:bad:${hex(subnet)}:${hex(host >>> 16)}:${hex(host & 65_535)}::1`;
  const headers: Record<string, string> = { 'CF-Connecting-IP': ip };
  const kind = chance();
  if (kind < 0.3) return get(`/models?made-up=${Math.floor(chance() * 5000)}`, headers);
  if (kind < 0.4) return get(`/_goblin/${hex(host)}`, headers);
  if (kind < 0.5) return loginOf(0, 'guess', headers);
  if (kind < 0.8) headers.Authorization = `Bearer ${hex(host)}`;
  return get('/api/things', headers);
}

export function loginOf(
  user: number,
  secret: string,
  more: Record<string, string> = { 'CF-Connecting-IP': '203.0.113.1' },
): Request {
  const headers = { ...more, Authorization: `Bearer ${secret}` };
  const body = JSON.stringify({ user_id: `u_${user}` });
  return new Request('https://edge.test/_goblin/sessions', { method: 'POST', headers, body });
}

const get = (path: string, headers: Record<string, string>) =>
  new Request(`https://edge.test${path}`, { headers });
const hex = (number: number) => number.toString(16);
