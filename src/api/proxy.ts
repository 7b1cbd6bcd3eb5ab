/**
 * Through the proxy that the environment names, as curl and wrangler go: `HTTPS_PROXY`, `ALL_PROXY` and
 * `NO_PROXY`, in small letters too. For https alone: what is plain http is on this machine.
 */
import type { Agent, ClientRequest } from 'node:http';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { getProxyForUrl } from 'proxy-from-env';

const agents = new Map<string, Agent>();

/** The way to an https address through a proxy. */
export interface ProxyRoute {
  agent: Agent;
  /** What failed on the way to the proxy, as an error of it. Any other error is given back. */
  explain(error: Error): Error;
  /** Tells of a proxy that answers, but does not connect. A login that it wants is an answer to the request. */
  watch(request: ClientRequest, refuse: (error: Error) => void): void;
}

/** The proxy is at fault, not the API: nothing was sent to the latter. */
export class ProxyError extends Error {
  /** Host and port, without the login. */
  readonly proxy: string;

  constructor(proxy: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.proxy = proxy;
  }
}

const PROXY_LOGIN = 407;

/** The route to an https address, or undefined where it is reached directly. */
export function proxyRoute(address: string): ProxyRoute | undefined {
  const proxy = getProxyForUrl(address);
  if (proxy === '') return undefined;
  const agent = agents.get(proxy) ?? new HttpsProxyAgent(proxy, { keepAlive: true });
  agents.set(proxy, agent);
  const { host } = new URL(proxy);
  return {
    agent,
    explain(error) {
      const { code, syscall } = error as NodeJS.ErrnoException;
      const isOnTheWay = syscall === 'connect' || syscall === 'getaddrinfo';
      return isOnTheWay ? new ProxyError(host, code ?? error.message, error) : error;
    },
    watch(request, refuse) {
      request.once('proxyConnect', ({ statusCode }: { statusCode: number }) => {
        if (statusCode === 200 || statusCode === PROXY_LOGIN) return;
        refuse(new ProxyError(host, `it answers with status ${statusCode}`));
        request.destroy();
      });
    },
  };
}
