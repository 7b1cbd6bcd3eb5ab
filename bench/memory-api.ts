/** The API in memory over HTTP: what a client costs is measured against it, and not what a disk costs. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { answerTo, type MemoryRecord, memoryStore } from '../test/memory-api.ts';

export type { MemoryRecord } from '../test/memory-api.ts';

export interface MemoryApi {
  /** Ends with `/client/v4`. */
  apiUrl: string;
  /** Replaces what is stored. Keys are ASCII, whose order is that of their bytes. */
  fill(records: Iterable<readonly [string, MemoryRecord]>): void;
  /** How many keys are stored. */
  size(): number;
  /** Keys that a bulk delete leaves in place and names in `unsuccessful_keys`. */
  stubborn: Set<string>;
  close(): Promise<void>;
}

/** One namespace, whatever its id. */
export async function memoryApi(): Promise<MemoryApi> {
  const store = memoryStore(new Map());
  const server = createServer(async (request, response) => {
    const { method = 'GET', url = '' } = request;
    const body = await buffer(request);
    const answer = answerTo({ method, url: `http://memory${url}`, body }, () => store);
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    apiUrl: `http://127.0.0.1:${port}/client/v4`,
    stubborn: store.stubborn,
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
}
