/**
 * Through the proxy that the environment names, as curl and wrangler go: `HTTPS_PROXY`, `ALL_PROXY` and
 * `NO_PROXY`, in small letters too. For https alone: what is plain http is on this machine.
 */
import type { Agent } from 'node:http';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { getProxyForUrl } from 'proxy-from-env';

const agents = new Map<string, Agent>();

/** The agent for an https address, or undefined where it is reached directly. */
export function proxyAgent(address: string): Agent | undefined {
  const proxy = getProxyForUrl(address);
  if (proxy === '') return undefined;
  const agent = agents.get(proxy) ?? new HttpsProxyAgent(proxy, { keepAlive: true });
  agents.set(proxy, agent);
  return agent;
}
