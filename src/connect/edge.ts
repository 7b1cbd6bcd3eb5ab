/** The edge Worker's own HTTP interface, which is neither paced nor counted as Cloudflare's API is. */
import { accountApi } from '../api/account.ts';
import type { ApiClient } from '../api/client.ts';
import type { HttpResponse } from '../api/http.ts';
import { EDGE_VARIABLE, type EdgeAddress } from '../config/edge.ts';
import type { Secret } from '../config/secret.ts';
import type { Setting } from '../config/setting.ts';
import { GoblinError, interrupted } from '../contract/errors.ts';
import { noAdminToken, refusedByStatus } from '../edge/errors.ts';
import type { Runtime } from './runtime.ts';

export interface Edge {
  /** Without a slash at its end. */
  url: string;
  /** Where the address came from: `--edge`, `GOBLIN_EDGE_URL`, a field of the wrangler file. */
  origin: string;
  /** Undefined where none is known. */
  adminToken: Setting<Secret> | undefined;
  /** A request as any client would make it; a redirect is given back. @throws {GoblinError} `edge_unreachable` */
  fetch(path: string, init?: RequestInit): Promise<HttpResponse>;
  /**
   * A request to an admin route, below `/_goblin/`.
   * @throws {GoblinError} `no_admin_token`, `bad_admin_token`, `no_admin_route` for a 404, `edge_unreachable`,
   *   `edge_failed` for any other status than 2xx
   */
  admin(path: string, init?: RequestInit): Promise<HttpResponse>;
}

/** Milliseconds until an answer must be there. */
const PATIENCE_MS = 15_000;

interface EdgeOptions {
  address: EdgeAddress;
  adminToken: Setting<Secret> | undefined;
  /** Asked for the account's workers.dev subdomain only where the address needs it. */
  api: () => Promise<ApiClient>;
  runtime: Runtime;
}

export async function openEdge(options: EdgeOptions): Promise<Edge> {
  const { address, adminToken, runtime } = options;
  const url = address.kind === 'known' ? address.url : await workersDevUrl(options, address.worker);

  async function send(path: string, init: RequestInit = {}): Promise<HttpResponse> {
    const signal = AbortSignal.any([runtime.signal, runtime.deadline(PATIENCE_MS)]);
    try {
      return await runtime.fetch(url + path, { redirect: 'manual', ...init, signal });
    } catch (error) {
      if (runtime.signal.aborted) throw interrupted('interrupted', error);
      throw unreachable(url, error);
    }
  }

  async function admin(path: string, init: RequestInit = {}): Promise<HttpResponse> {
    if (!adminToken) throw noAdminToken(url);
    const headers = { authorization: `Bearer ${adminToken.value.reveal()}`, ...init.headers };
    const response = await send(path, { ...init, headers });
    if (response.ok) return response;
    await response.arrayBuffer();
    throw refusedByStatus(url, response.status, adminToken.origin);
  }

  return { url, origin: address.origin, adminToken, fetch: send, admin };
}

async function workersDevUrl({ api }: EdgeOptions, worker: string): Promise<string> {
  const subdomain = await accountApi(await api()).workersSubdomain();
  return `https://${worker}.${subdomain}.workers.dev`;
}

function unreachable(url: string, error: unknown): GoblinError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new GoblinError('failed', 'edge_unreachable', `${url} does not answer: ${why}`, {
    hint: `Check the address (--edge or ${EDGE_VARIABLE}).`,
    retryable: true,
    cause: error,
  });
}
