/** A distance to the API: every request through it takes so many milliseconds more, and is counted. */
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface LatencyProxy {
  /** The API's base URL, through the proxy. */
  url: string;
  /** Requests since the last call of this, by method and last part of the path: `{ 'GET keys': 3 }`. */
  takeCounts(): Record<string, number>;
  close(): Promise<void>;
}

/** @param target the base URL behind it, on plain HTTP */
export async function latencyProxy(target: string, ms: number): Promise<LatencyProxy> {
  const upstream = new URL(target);
  const agent = new Agent({ keepAlive: true });
  let counts: Record<string, number> = {};

  const server = createServer(async (incoming, answer) => {
    const kind = kindOf(incoming.method, incoming.url);
    counts[kind] = (counts[kind] ?? 0) + 1;
    await delay(ms);
    const outgoing = request(
      {
        agent,
        host: upstream.hostname,
        port: upstream.port,
        method: incoming.method,
        path: incoming.url,
        headers: { ...incoming.headers, host: upstream.host },
      },
      (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
      },
    );
    outgoing.on('error', (error) => answer.destroy(error));
    incoming.pipe(outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${upstream.pathname}`,
    takeCounts() {
      const taken = counts;
      counts = {};
      return taken;
    },
    async close() {
      server.closeAllConnections();
      agent.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A value's key is nobody's business: `GET values`. */
function kindOf(method = '', url = ''): string {
  const { pathname } = new URL(url, 'http://proxy');
  const [, below = pathname] = /\/namespaces\/[^/]+\/(.+)$/.exec(pathname) ?? [];
  return `${method} ${below.startsWith('values/') ? 'values' : below}`;
}
