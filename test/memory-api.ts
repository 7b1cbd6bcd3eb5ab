/**
 * Cloudflare's KV API over maps in memory, in-process: for tests of so many keys that putting them into the
 * engine would take seconds, for faults (`faults.ts`), and, served over HTTP, for the benchmarks.
 */
import { isUtf8 } from 'node:buffer';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface MemoryRecord {
  value: string | Uint8Array;
  metadata?: unknown;
  /** Unix seconds. */
  expiration?: number;
}

export type Records = Map<string, MemoryRecord>;

/** The variables that make `memoryApi` the target of a command line. */
export const MEMORY_ENV = {
  CLOUDFLARE_API_BASE_URL: 'https://memory.invalid/client/v4',
  CLOUDFLARE_API_TOKEN: 'memory-token',
  CLOUDFLARE_ACCOUNT_ID: '0123456789abcdef0123456789abcdef',
};

/** What of a record a test has to say; values that are not text or bytes are stored as JSON. */
interface Given extends Omit<MemoryRecord, 'value'> {
  key: string;
  value?: unknown;
}

/** An API with one namespace, whatever its id, and with further ones of these ids. */
export function memoryApi(
  given: readonly Given[] = [],
  others: Record<string, Given[]> = {},
  pageSize?: number,
) {
  const store = memoryStore(recordsOf(given), pageSize);
  const further = Object.entries(others).map(
    ([id, keys]) => [id, memoryStore(recordsOf(keys))] as const,
  );
  const stores = new Map(further);
  return {
    records: store.records,
    /** The records of a further namespace. */
    of: (id: string): Records => (stores.get(id) ?? store).records,
    fetch: (async (url, { method = 'GET', body }) => {
      const bytes =
        typeof body === 'string' ? body : await new Response(body ?? null).arrayBuffer();
      const {
        status,
        headers,
        body: answer,
      } = answerTo(
        { method, url, body: Buffer.from(bytes as string) },
        (id) => stores.get(id) ?? store,
      );
      return new Response(answer, { status, headers });
    }) as Fetch,
  };
}

function recordsOf(given: readonly Given[]): Records {
  return new Map(
    given.map(({ key, value = '', ...rest }) => [key, { ...rest, value: raw(value) }]),
  );
}

function raw(value: unknown): string | Uint8Array {
  return typeof value === 'string' || value instanceof Uint8Array ? value : JSON.stringify(value);
}

export interface MemoryStore {
  records: Records;
  /** Sorted, as long as no key came or went. */
  names: string[] | null;
  /** Keys that a bulk delete leaves in place and names in `unsuccessful_keys`. */
  stubborn: Set<string>;
  /** Most keys on a page of a list; the API may give fewer than it is asked for. */
  pageSize: number;
}

export function memoryStore(records: Records, pageSize = 1000): MemoryStore {
  return { records, names: null, stubborn: new Set(), pageSize };
}

interface Request {
  method: string;
  url: string;
  body: Uint8Array;
}

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string | Uint8Array<ArrayBuffer>;
}

interface Call {
  store: MemoryStore;
  query: URLSearchParams;
  /** The rest of the path: a key. */
  key: string;
  body: Uint8Array;
}

type Route = (call: Call) => Answer;

/** By method and what stands behind the namespace's id. */
const ROUTES: Readonly<Record<string, Route>> = {
  'GET keys': listKeys,
  'GET values': getValue,
  'PUT values': putValue,
  'DELETE values': deleteValue,
  'GET metadata': getMetadata,
  'PUT bulk': bulkPut,
  'POST bulk/get': bulkGet,
  'POST bulk/delete': bulkDelete,
  // What wrangler sends.
  'DELETE bulk': bulkDelete,
};

export function answerTo(request: Request, storeOf: (id: string) => MemoryStore): Answer {
  const { pathname, searchParams } = new URL(request.url);
  const [, id = '', path = ''] = /\/namespaces\/([^/]+)\/?(.*)$/.exec(pathname) ?? [];
  if (path === '') return succeed({ id, title: 'memory' });
  const [, kind = path, key = ''] = /^(values|metadata)\/(.*)$/.exec(path) ?? [];
  const route = ROUTES[`${request.method} ${kind}`];
  if (!route) return refuse(404, 7000, `no route for ${request.method} ${pathname}`);
  const { body } = request;
  return route({ store: storeOf(id), query: searchParams, key: decodeURIComponent(key), body });
}

function succeed(result: unknown, result_info?: object): Answer {
  return json(200, { success: true, errors: [], messages: [], result, result_info });
}

function refuse(status: number, code: number, message: string): Answer {
  return json(status, { success: false, errors: [{ code, message }], messages: [], result: null });
}

function json(status: number, body: object): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

const parsed = (body: Uint8Array): unknown => JSON.parse(Buffer.from(body).toString());
const text = (value: string | Uint8Array) => Buffer.from(value).toString();

/** Pages in byte order; the cursor is the last key of a page, as it is nobody's business what it is. */
function listKeys({ store, query }: Call): Answer {
  const prefix = query.get('prefix') ?? '';
  const after = Buffer.from(query.get('cursor') ?? '', 'base64url').toString();
  const limit = Math.min(Number(query.get('limit') ?? 1000), store.pageSize);
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
  return succeed(result, { count: page.length, cursor });
}

function getValue({ store, key }: Call): Answer {
  const record = store.records.get(key);
  if (!record) return refuse(404, 10009, "get: 'key not found'");
  const { value, expiration } = record;
  const body = typeof value === 'string' ? value : Uint8Array.from(value);
  return { status: 200, headers: expiration ? { expiration: String(expiration) } : {}, body };
}

function getMetadata({ store, key }: Call): Answer {
  const record = store.records.get(key);
  return record ? succeed(record.metadata ?? null) : refuse(404, 10009, "get: 'key not found'");
}

/** The value alone, as tests put it. */
function putValue({ store, key, body }: Call): Answer {
  write(store, key, { value: isUtf8(body) ? text(body) : body });
  return succeed(null);
}

function deleteValue({ store, key }: Call): Answer {
  remove(store, key);
  return succeed(null);
}

interface Pair {
  key: string;
  value: string;
  base64?: boolean;
  metadata?: unknown;
  expiration?: number;
  expiration_ttl?: number;
}

function bulkPut({ store, body }: Call): Answer {
  const pairs = parsed(body) as Pair[];
  for (const { key, value, base64, metadata, expiration, expiration_ttl: ttl } of pairs) {
    const ends = ttl === undefined ? expiration : Math.ceil(Date.now() / 1000) + ttl;
    write(store, key, {
      value: base64 ? Buffer.from(value, 'base64') : value,
      ...(metadata === undefined ? {} : { metadata }),
      ...(ends === undefined ? {} : { expiration: ends }),
    });
  }
  return succeed({ successful_key_count: pairs.length, unsuccessful_keys: [] });
}

function bulkGet({ store: { records }, body }: Call): Answer {
  const { keys } = parsed(body) as { keys: string[] };
  const found = keys.map((key) => [key, records.get(key)] as const);
  const bytes = found.find(([, record]) => record && !isUtf8(Buffer.from(record.value)));
  if (bytes) return refuse(400, 10029, `the value of ${bytes[0]} is not text`);
  const values = found.map(([key, record]) => [
    key,
    record ? { metadata: null, ...record, value: text(record.value) } : null,
  ]);
  return succeed({ values: Object.fromEntries(values) });
}

function bulkDelete({ store, body }: Call): Answer {
  const keys = parsed(body) as string[];
  const left = keys.filter((key) => store.stubborn.has(key));
  for (const key of keys) if (!store.stubborn.has(key)) remove(store, key);
  return succeed({ successful_key_count: keys.length - left.length, unsuccessful_keys: left });
}

function write(store: MemoryStore, key: string, record: MemoryRecord): void {
  if (!store.records.has(key)) store.names = null;
  store.records.set(key, record);
}

function remove(store: MemoryStore, key: string): void {
  if (store.records.delete(key)) store.names = null;
}
