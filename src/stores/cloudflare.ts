/**
 * Cloudflare's SDK, and the only file that knows it. It is asked for single exchanges: paging is driven by
 * hand (the SDK stops at an empty page), and waiting and retrying belong to the governor, so both are off.
 */
import { setMaxListeners } from 'node:events';
import { APIError, APIUserAbortError } from 'cloudflare/error';
import { BaseKeys } from 'cloudflare/resources/kv/namespaces/keys';
import { BaseMetadata } from 'cloudflare/resources/kv/namespaces/metadata';
import { BaseNamespaces } from 'cloudflare/resources/kv/namespaces/namespaces';
import { BaseValues } from 'cloudflare/resources/kv/namespaces/values';
import { createClient } from 'cloudflare/tree-shakable';
import { GoblinError, interrupted } from '../errors.ts';
import type { Fetch } from '../http.ts';
import { refusalError } from './api-error.ts';
import type { BulkResult, BulkValue, BulkWrite, ListedKey } from './kv-api.ts';
import { requestIdOf } from './transport.ts';

/** A secret that shows itself only when asked to. */
interface Revealable {
  reveal(): string;
}

/** An API or OAuth token, or the older global key with its e-mail address. */
export type ApiCredentials =
  | { kind: 'token'; token: Revealable }
  | { kind: 'key'; key: Revealable; email: string };

export interface ApiAccess {
  /** Ends with `/client/v4`. */
  baseUrl: string;
  credentials: ApiCredentials;
  accountId: string;
  fetch: Fetch;
  signal?: AbortSignal | undefined;
}

export type CloudflareApi = ReturnType<typeof cloudflareApi>;

// The SDK's clock would also count the governor's waits; the transport has clocks of its own.
const NEVER_MS = 2 ** 31 - 1;

/** The exchanges that stores are made of. Every rejection is a GoblinError. */
export function cloudflareApi({ baseUrl, credentials, accountId, fetch, signal }: ApiAccess) {
  const client = createClient({
    resources: [BaseNamespaces, BaseKeys, BaseMetadata, BaseValues],
    baseURL: baseUrl,
    ...signature(credentials),
    maxRetries: 0,
    timeout: NEVER_MS,
    logLevel: 'off',
    fetch: forSdk(fetch),
  });
  const account_id = accountId;
  // Every call of a run listens to it, many at once; Node takes more than ten for a leak, and says so.
  if (signal) setMaxListeners(0, signal);
  const options = signal ? { signal } : {};
  const { namespaces } = client.kv;

  return {
    /** One page of at most 1,000 keys. An empty cursor is the end, an empty page is not. */
    async listKeys(namespace: string, query: { prefix?: string; limit?: number; cursor?: string }) {
      const page = await told(
        namespaces.keys.list(namespace, { account_id, ...query }, options).asResponse(),
      );
      const body = (await page.json()) as {
        result?: ListedKey[];
        result_info?: { cursor?: string };
      };
      return { keys: body.result ?? [], cursor: body.result_info?.cursor || null };
    },
    /** The bytes of a value; `expiration` in Unix seconds. */
    async getValue(namespace: string, key: string) {
      const response = await told(
        namespaces.values.get(key, { account_id, namespace_id: namespace }, options),
      );
      const expiration = Number(response.headers.get('expiration') ?? Number.NaN);
      return {
        bytes: new Uint8Array(await response.arrayBuffer()),
        expiration: Number.isFinite(expiration) ? expiration : null,
      };
    },
    /** The metadata of a key; null where it has none. */
    async getMetadata(namespace: string, key: string): Promise<unknown> {
      const named = { account_id, namespace_id: namespace };
      return (await told(namespaces.metadata.get(key, named, options))) ?? null;
    },
    /** At most 100 keys; text values only. A missing key is null. */
    async bulkGet(namespace: string, keys: string[]) {
      const result = await told(
        namespaces.bulkGet(
          namespace,
          { account_id, keys, type: 'text', withMetadata: true },
          { ...options, ...asJson({ keys, type: 'text', withMetadata: true }) },
        ),
      );
      return (result?.values ?? {}) as Record<string, BulkValue | null>;
    },
    async deleteValue(namespace: string, key: string) {
      await told(namespaces.values.delete(key, { account_id, namespace_id: namespace }, options));
    },
    /** At most 10,000 pairs and 100 MB. */
    async bulkPut(namespace: string, body: BulkWrite[]): Promise<BulkResult> {
      const sent = { ...options, ...asJson(body) };
      return (await told(namespaces.bulkUpdate(namespace, { account_id, body }, sent))) ?? {};
    },
    /** At most 10,000 keys. */
    async bulkDelete(namespace: string, body: string[]): Promise<BulkResult> {
      const sent = { ...options, ...asJson(body) };
      return (await told(namespaces.bulkDelete(namespace, { account_id, body }, sent))) ?? {};
    },
    async namespace(id: string) {
      return told(namespaces.get(id, { account_id }, options));
    },
    /** Any endpoint, and what time it is there (ms since 1970), null where the API does not tell. */
    async inspect<Result>(path: string) {
      const response = await told(client.get(path, options).asResponse());
      const { result } = (await response.json()) as { result: Result };
      const date = Date.parse(response.headers.get('date') ?? '');
      return { result, date: Number.isNaN(date) ? null : date };
    },
    /** Any other endpoint below the account: `workers/scripts/x/settings`. */
    async get<Result>(path: string): Promise<Result> {
      const body = await told(client.get(`/accounts/${account_id}/${path}`, options));
      return (body as { result: Result }).result;
    },
  };
}

/**
 * A body that is JSON text already. Of any other the SDK asks whether it is a form, which would load Node's
 * own fetch.
 */
function asJson(body: unknown) {
  return { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}

/** Of a response the SDK reads no more than ours has. */
function forSdk(fetch: Fetch): typeof globalThis.fetch {
  const send = (url: unknown, init?: RequestInit) => fetch(String(url), init ?? {});
  return send as typeof globalThis.fetch;
}

/** What is null here the SDK would take from the environment, and then send both kinds at once. */
function signature(credentials: ApiCredentials) {
  const none = { apiToken: null, apiKey: null, apiEmail: null, userServiceKey: null };
  return credentials.kind === 'token'
    ? { ...none, apiToken: credentials.token.reveal() }
    : { ...none, apiKey: credentials.key.reveal(), apiEmail: credentials.email };
}

/** Turns whatever the SDK throws into what happened. */
async function told<T>(call: PromiseLike<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw translate(error);
  }
}

function translate(error: unknown): unknown {
  if (error instanceof APIUserAbortError) return interrupted('interrupted', error);
  // The SDK wraps what its fetch throws, and ours throws GoblinErrors.
  for (let inner: unknown = error; inner instanceof Error; inner = inner.cause) {
    if (inner instanceof GoblinError) return inner;
    if (inner.name === 'AbortError') return interrupted('interrupted', error);
  }
  if (!(error instanceof APIError) || error.status === undefined) return error;
  const errors = error.errors ?? [];
  return refusalError(
    { status: error.status, errors, requestId: requestIdOf(error.headers) },
    error,
  );
}
