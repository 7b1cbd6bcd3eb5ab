/**
 * The API in memory over HTTP: what a client costs is measured against it, and not what a disk costs; and
 * tests of the installed package have it answer whatever they like.
 */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { answerTo, type MemoryRecord, memoryStore } from './memory-api.ts';

export type { MemoryRecord } from './memory-api.ts';

export interface MemoryApi {
  /** Ends with `/client/v4`. */
  apiUrl: string;
  /** Replaces what is stored. Keys are ASCII, whose order is that of their bytes. */
  fill(records: Iterable<readonly [string, MemoryRecord]>): void;
  /** How many keys are stored. */
  size(): number;
  /** Keys that a bulk delete leaves in place and names in `unsuccessful_keys`. */
  stubborn: Set<string>;
  /** Every request so far, `PUT bulk`, in the order they came. */
  requests: string[];
  /** Asked first about each request: what it gives is the answer, and `null` never answers at all. */
  answer: (request: MemoryRequest) => MemoryReply | null | undefined;
  close(): Promise<void>;
}

export interface MemoryRequest {
  method: string;
  /** Below the namespace, without its query: `bulk/get`, `values/a%2Fb`. */
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface MemoryReply {
  status?: number;
  headers?: Record<string, string>;
  body: string | Uint8Array;
}

/** One namespace, whatever its id. */
export async function serveMemoryApi(): Promise<MemoryApi> {
  const store = memoryStore(new Map());
  const server = createServer(async (request, response) => {
    const { method = 'GET', headers } = request;
    const url = `http://memory${request.url}`;
    const [, path = ''] = /\/namespaces\/[^/]+\/(.+)$/.exec(new URL(url).pathname) ?? [];
    const body = await buffer(request);
    api.requests.push(`${method} ${path}`);
    const chosen = api.answer({ method, path, headers, body: body.toString() });
    if (chosen === null) return;
    const reply: MemoryReply = chosen ?? answerTo({ method, url, body }, () => store);
    response.writeHead(reply.status ?? 200, {
      'content-type': 'application/json',
      ...reply.headers,
    });
    response.end(reply.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const api: MemoryApi = {
    apiUrl: `http://127.0.0.1:${port}/client/v4`,
    stubborn: store.stubborn,
    requests: [],
    answer: () => undefined,
    fill(records) {
      store.records = new Map(records);
      store.names = null;
    },
    size: () => store.records.size,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return api;
}
