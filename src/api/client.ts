/**
 * The connection to Cloudflare's API that the products share: `kv.ts`, `d1.ts` and `account.ts` each load
 * their part of the SDK on top of it. The SDK makes the requests: addresses, bodies, signature. The answers
 * are checked here, because the SDK takes any answer for success. Paging, waiting and retrying are ours: the
 * SDK stops at an empty page, and its own retries would not be counted.
 */
import { setMaxListeners } from 'node:events';
import { BaseCloudflare } from 'cloudflare/client';
import { type Call, carrying, responseTo } from './carrier.ts';
import { type Envelope, judged, readEnvelope } from './envelope.ts';
import type { ApiRequest, Effect, Fetch, HttpResponse } from './http.ts';
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

/** What the SDK takes beside the parameters of a request. */
export interface RequestOptions {
  signal?: AbortSignal;
  body?: string;
  headers?: Record<string, string>;
  /** Handed to our fetch as they are; the SDK's type wants one option that it knows. */
  fetchOptions: Pick<ApiRequest, 'effect' | 'keepalive'>;
}

export type Reader<Result> = (response: HttpResponse) => Promise<Result>;

export interface Exchange<Result> {
  /** Makes the request with the SDK. */
  send: (options: RequestOptions) => Call;
  read: Reader<Result>;
  /** Whether the request may be sent again; a read unless it says otherwise. */
  effect?: Effect;
  /** Sent as JSON in place of the body that the SDK would make of the parameters. */
  body?: unknown;
}

export interface ApiClient {
  accountId: string;
  /** For the SDK's resource classes. */
  sdk: BaseCloudflare;
  /** Sends a request and reads its answer. @throws {GoblinError} with the credential in none of its texts */
  ask<Result>(exchange: Exchange<Result>): Promise<Result>;
}

// The SDK's clock would also count the retry layer's waits; the transport has clocks of its own.
const NEVER_MS = 2 ** 31 - 1;

export function apiClient(access: ApiAccess): ApiClient {
  const { baseUrl, credentials, accountId, fetch, signal } = access;
  const sdk = new BaseCloudflare({
    baseURL: baseUrl,
    ...signature(credentials),
    maxRetries: 0,
    timeout: NEVER_MS,
    logLevel: 'off',
    fetch: carrying(fetch),
  });
  // Every request of a run listens to it, many at once. Node warns of a leak at more than ten listeners.
  if (signal) setMaxListeners(0, signal);
  const redact = redactor(secretOf(credentials));
  return {
    accountId,
    sdk,
    async ask({ send, read, effect = 'read', body }) {
      const options = {
        ...(signal && { signal }),
        ...(body !== undefined && asJson(body)),
        fetchOptions: { effect },
      };
      try {
        const response = await responseTo(send(options), signal);
        if (!response.ok) throw await refusalOf(response);
        return await judged(response, read, effect);
      } catch (error) {
        throw redactError(error, redact);
      }
    },
  };
}

/**
 * A body as JSON text. Of any other body the SDK asks whether it is a form, which would load Node's own
 * fetch.
 */
function asJson(body: unknown) {
  return { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}

/** A body of bytes, which the SDK sends as they are. */
export function asBody({ bytes, type }: { bytes: Uint8Array; type: string }) {
  return { body: bytes, headers: { 'content-type': type } };
}

/** A reader of the envelope's content, which `schema` checks. */
export function enveloped<Result>(schema: (envelope: Envelope) => Result): Reader<Result> {
  return async (response) => schema(await readEnvelope(response));
}

/** The secret that signs the requests. */
export const secretOf = (credentials: ApiCredentials) =>
  (credentials.kind === 'token' ? credentials.token : credentials.key).reveal();

/** Null where it is unused: the SDK would take it from the environment and send both kinds at once. */
function signature(credentials: ApiCredentials) {
  const none = { apiToken: null, apiKey: null, apiEmail: null, userServiceKey: null };
  return credentials.kind === 'token'
    ? { ...none, apiToken: credentials.token.reveal() }
    : { ...none, apiKey: credentials.key.reveal(), apiEmail: credentials.email };
}
