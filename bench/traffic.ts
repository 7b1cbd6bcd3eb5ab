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

/** One request of an ordinary client: each address belongs to one user. */
export function ordinaryRequest(chance: () => number): Request {
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
  headers.Authorization = `Bearer ${tokenOf(client)}`;
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
