/**
 * Cloudflare's SDK, and the only file that knows it. It makes the requests: addresses, bodies, signature.
 * What comes back is judged here, since the SDK takes any answer for success: paging is driven by hand (the
 * SDK stops at an empty page), and waiting and retrying belong to the retry layer, so both are off.
 */
import { setMaxListeners } from 'node:events';
import { BaseKeys } from 'cloudflare/resources/kv/namespaces/keys';
import { BaseMetadata } from 'cloudflare/resources/kv/namespaces/metadata';
import { BaseNamespaces } from 'cloudflare/resources/kv/namespaces/namespaces';
import { BaseValues } from 'cloudflare/resources/kv/namespaces/values';
import { createClient } from 'cloudflare/tree-shakable';
import {
  anyResult,
  bulkResult,
  bulkValues,
  listPage,
  metadataOf,
  namespaceOf,
  rawValue,
  success,
} from './answers.ts';
import { type Call, carrying, responseTo } from './carrier.ts';
import { type Envelope, judged, type Kind, readEnvelope } from './envelope.ts';
import type { Fetch, HttpResponse } from './http.ts';
import type { BulkResult, BulkWrite } from './kv-shapes.ts';
import { redactError, redactor } from './redact.ts';
import { refusalOf } from './refusal.ts';

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

// The SDK's clock would also count the retry layer's waits; the transport has clocks of its own.
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
    fetch: carrying(fetch),
  });
  const account_id = accountId;
  // Every call of a run listens to it, many at once; Node takes more than ten for a leak, and says so.
  if (signal) setMaxListeners(0, signal);
  const options = signal ? { signal } : {};
  const { namespaces } = client.kv;
  const redact = redactor(secretOf(credentials));

  /** Sends a request and reads its answer. @throws {GoblinError} with the credential in none of its texts */
  async function ask<Result>(
    call: Call,
    read: Reader<Result>,
    kind: Kind = 'read',
  ): Promise<Result> {
    try {
      const response = await responseTo(call, signal);
      if (!response.ok) throw await refusalOf(response);
      return await judged(response, read, kind);
    } catch (error) {
      throw redactError(error, redact);
    }
  }

  return {
    /** One page of at most 1,000 keys. An empty cursor is the end, an empty page is not. */
    async listKeys(namespace: string, query: { prefix?: string; limit?: number; cursor?: string }) {
      const call = namespaces.keys.list(namespace, { account_id, ...query }, options);
      return ask(call, enveloped(listPage));
    },
    /** The bytes of a value; `expiration` in Unix seconds. */
    async getValue(namespace: string, key: string) {
      return ask(
        namespaces.values.get(key, { account_id, namespace_id: namespace }, options),
        rawValue,
      );
    },
    /** The metadata of a key; null where it has none. */
    async getMetadata(namespace: string, key: string): Promise<unknown> {
      const named = { account_id, namespace_id: namespace };
      return ask(namespaces.metadata.get(key, named, options), enveloped(metadataOf));
    },
    /** The values of at most 100 keys, text only; keys that are not there are left out. */
    async bulkGet(namespace: string, keys: string[]) {
      const body = { keys, type: 'text', withMetadata: true } as const;
      const call = namespaces.bulkGet(namespace, { account_id, ...body }, asJson(body, options));
      return ask(
        call,
        enveloped((envelope) => bulkValues(envelope, keys)),
      );
    },
    async deleteValue(namespace: string, key: string) {
      const named = { account_id, namespace_id: namespace };
      await ask(namespaces.values.delete(key, named, options), enveloped(success), 'write');
    },
    /** At most 10,000 pairs and 100 MB, each key once. */
    async bulkPut(namespace: string, body: BulkWrite[]): Promise<BulkResult> {
      const call = namespaces.bulkUpdate(namespace, { account_id, body }, asJson(body, options));
      const keys = body.map(({ key }) => key);
      return ask(
        call,
        enveloped((envelope) => bulkResult(envelope, keys)),
        'write',
      );
    },
    /** At most 10,000 keys, each once. */
    async bulkDelete(namespace: string, body: string[]): Promise<BulkResult> {
      const call = namespaces.bulkDelete(namespace, { account_id, body }, asJson(body, options));
      return ask(
        call,
        enveloped((envelope) => bulkResult(envelope, body)),
        'write',
      );
    },
    async namespace(id: string) {
      return ask(namespaces.get(id, { account_id }, options), enveloped(namespaceOf));
    },
    /** Any endpoint, and what time it is there (ms since 1970), null where the API does not tell. */
    async inspect<Result extends object>(path: string) {
      return ask(client.get(path, options), async (response) => {
        const result = anyResult(await readEnvelope(response)) as Result;
        const date = Date.parse(response.headers.get('date') ?? '');
        return { result, date: Number.isNaN(date) ? null : date };
      });
    },
    /** Any other endpoint below the account: `workers/scripts/x/settings`. */
    async get<Result>(path: string, schema: (envelope: Envelope) => Result): Promise<Result> {
      return ask(client.get(`/accounts/${account_id}/${path}`, options), enveloped(schema));
    },
  };
}

/**
 * A body that is JSON text already. Of any other the SDK asks whether it is a form, which would load Node's
 * own fetch.
 */
function asJson(body: unknown, options: object) {
  const headers = { 'content-type': 'application/json' };
  return { ...options, body: JSON.stringify(body), headers };
}

type Reader<Result> = (response: HttpResponse) => Promise<Result>;

/** Reads an answer by the schema of its endpoint. */
function enveloped<Result>(schema: (envelope: Envelope) => Result): Reader<Result> {
  return async (response) => schema(await readEnvelope(response));
}

/** What signs the requests. */
export const secretOf = (credentials: ApiCredentials) =>
  (credentials.kind === 'token' ? credentials.token : credentials.key).reveal();

/** What is null here the SDK would take from the environment, and then send both kinds at once. */
function signature(credentials: ApiCredentials) {
  const none = { apiToken: null, apiKey: null, apiEmail: null, userServiceKey: null };
  return credentials.kind === 'token'
    ? { ...none, apiToken: credentials.token.reveal() }
    : { ...none, apiKey: credentials.key.reveal(), apiEmail: credentials.email };
}
