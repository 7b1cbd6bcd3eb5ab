/** Many requests at once, for several isolates, and the processes that they need. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';

/** A helper process that tells its port. */
export async function helper(script: string) {
  const child = fork(fileURLToPath(new URL(script, import.meta.url)));
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return { port, stop: () => child.disconnect() };
}

/** Requests of one address at once, spread over the isolates by turns. @returns their statuses */
export function burst(
  ports: readonly number[],
  count: number,
  ip: string,
  connections: number,
): Promise<number[]> {
  return askAll(ports, Array(count).fill(ip), connections);
}

/**
 * A request of each address, all at once, spread over the isolates by turns.
 * @param connections to each isolate
 */
export async function askAll(
  ports: readonly number[],
  addresses: readonly string[],
  connections: number,
): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const asking = addresses.map((ip, i) => ask(agent, ports[i % ports.length] as number, ip));
  const statuses = await Promise.all(asking);
  agent.destroy();
  return statuses;
}

/** One request of an address. @returns its status; 0 where the connection broke */
function ask(agent: Agent, port: number, ip: string): Promise<number> {
  return new Promise((resolve) => {
    const headers = { 'CF-Connecting-IP': ip };
    const sent = request({ agent, host: '127.0.0.1', port, path: '/x', headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', () => resolve(0));
    sent.end();
  });
}
