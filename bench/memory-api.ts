/**
 * What goblin uses of Cloudflare's KV API, over a Map: what a client costs is measured against it, and not
 * what a disk costs; and tests of the installed package have it answer whatever they like. One namespace,
 * whatever its id.
 */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface MemoryRecord {
  value: string;
  /** Whether `value` is the base64 of the stored bytes. */
  base64?: boolean;
  metadata?: unknown;
  expiration?: number;
}

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

interface Store {
  records: Map<string, MemoryRecord>;
  /** In their order; null where a key was deleted since. */
  names: string[] | null;
  stubborn: ReadonlySet<string>;
}

type Route = (store: Store, query: URLSearchParams, body: string, key: string) => Answer;

/** What the envelope holds beside `success`, a reply without one, or null for a key that is not there. */
type Answer = object | MemoryReply | null;

/** By method and path; what follows `values/` and `metadata/` is the key. */
const ROUTES: Readonly<Record<string, Route>> = {
  'GET keys': listKeys,
  'GET values/': getValue,
  'GET metadata/': getMetadata,
  'DELETE values/': deleteValue,
  'PUT bulk': bulkPut,
  'POST bulk/get': bulkGet,
  'POST bulk/delete': bulkDelete,
  // What wrangler sends.
  'DELETE bulk': bulkDelete,
};

const NO_SUCH_KEY: MemoryReply = {
  status: 404,
  body: JSON.stringify({ success: false, errors: [{ code: 10009, message: 'key not found' }] }),
};

export async function memoryApi(): Promise<MemoryApi> {
  const stubborn = new Set<string>();
  const store: Store = { records: new Map(), names: null, stubborn };
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://memory');
    const [, path = ''] = /\/namespaces\/[^/]+\/(.+)$/.exec(pathname) ?? [];
    const { method = '', headers } = request;
    const body = await textOf(request);
    api.requests.push(`${method} ${path}`);
    const chosen = api.answer({ method, path, headers, body });
    if (chosen === null) return;
    const reply = chosen ?? replyOf(store, `${method} ${path}`, searchParams, body);
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
    stubborn,
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

function replyOf(store: Store, line: string, query: URLSearchParams, body: string): MemoryReply {
  const [, head = line, key = ''] = /^(\w+ (?:values|metadata)\/)(.+)$/.exec(line) ?? [];
  const route = ROUTES[head];
  const answer = route ? route(store, query, body, decodeURIComponent(key)) : { result: null };
  if (answer === null) return NO_SUCH_KEY;
  if ('body' in answer) return answer;
  const envelope = { success: route !== undefined, errors: [], messages: [], ...answer };
  return { status: route ? 200 : 404, body: JSON.stringify(envelope) };
}

function getValue({ records }: Store, _query: URLSearchParams, _body: string, key: string): Answer {
  const record = records.get(key);
  if (!record) return null;
  const { value, base64, expiration } = record;
  const headers = expiration === undefined ? {} : { expiration: String(expiration) };
  return { headers, body: Buffer.from(value, base64 ? 'base64' : 'utf8') };
}

function getMetadata(
  { records }: Store,
  _query: URLSearchParams,
  _body: string,
  key: string,
): Answer {
  const record = records.get(key);
  return record ? { result: record.metadata ?? null } : null;
}

function deleteValue(store: Store, _query: URLSearchParams, _body: string, key: string): Answer {
  store.records.delete(key);
  store.names = null;
  return { result: {} };
}

/** Pages in byte order; the cursor is the last key of a page, as it is nobody's business what it is. */
function listKeys(store: Store, query: URLSearchParams): object {
  const prefix = query.get('prefix') ?? '';
  const after = Buffer.from(query.get('cursor') ?? '', 'base64url').toString();
  const limit = Number(query.get('limit') ?? 1000);
  const { records } = store;
  store.names ??= [...records.keys()].sort();
  const names = prefix === '' ? store.names : store.names.filter((name) => name.startsWith(prefix));
  const from = after === '' ? 0 : names.findIndex((name) => name > after);
  const page = from < 0 ? [] : names.slice(from, from + limit);
  const more = from >= 0 && from + limit < names.length;
  const result = page.map((name) => {
    const { metadata, expiration } = records.get(name) ?? {};
    return { name, metadata, expiration };
  });
  const cursor = more ? Buffer.from(page.at(-1) ?? '').toString('base64url') : '';
  return { result, result_info: { count: page.length, cursor } };
}

function bulkPut(store: Store, _query: URLSearchParams, body: string): object {
  const writes = JSON.parse(body) as ({ key: string } & MemoryRecord)[];
  for (const { key, ...record } of writes) store.records.set(key, record);
  store.names = null;
  return { result: { successful_key_count: writes.length, unsuccessful_keys: [] } };
}

function bulkGet({ records }: Store, _query: URLSearchParams, body: string): object {
  const { keys } = JSON.parse(body) as { keys: string[] };
  const values = keys.map((key) => [key, records.get(key) ?? null] as const);
  return { result: { values: Object.fromEntries(values) } };
}

function bulkDelete(store: Store, _query: URLSearchParams, body: string): object {
  const { records, stubborn } = store;
  const keys = JSON.parse(body) as string[];
  const left = keys.filter((key) => stubborn.has(key));
  for (const key of keys) if (!stubborn.has(key)) records.delete(key);
  store.names = null;
  return {
    result: { successful_key_count: keys.length - left.length, unsuccessful_keys: left },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  request.setEncoding('utf8');
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}
