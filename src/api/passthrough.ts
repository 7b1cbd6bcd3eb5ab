/** Any endpoint of the API by its path, for what no command covers. */
import { type ApiClient, asBody } from './client.ts';
import { isObject, readEnvelope } from './envelope.ts';
import { type HttpResponse, httpResponse } from './http.ts';
import { parseBody } from './refusal.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface AnyRequest {
  method: Method;
  /** Below `/client/v4`, with its query. */
  path: string;
  body?: { bytes: Uint8Array; type: string } | undefined;
}

export interface AnyAnswer {
  status: number;
  headers: Headers;
  bytes: Uint8Array;
}

/**
 * Sends a request. Only a GET is sent again after a failure of unknown effect; any other method only where the
 * transport knows that the request did not run.
 * @throws {GoblinError} as every other request does; also where the answer is an envelope of failure
 */
export function passThrough(
  { sdk, ask }: ApiClient,
  { method, path, body }: AnyRequest,
): Promise<AnyAnswer> {
  const send = {
    GET: sdk.get,
    POST: sdk.post,
    PUT: sdk.put,
    PATCH: sdk.patch,
    DELETE: sdk.delete,
  }[method].bind(sdk);
  return ask({
    send: (options) => send(path, { ...options, ...(body && asBody(body)) }),
    effect: method === 'GET' ? 'read' : 'once',
    read: wholeAnswer,
  });
}

async function wholeAnswer(response: HttpResponse): Promise<AnyAnswer> {
  const { status, headers } = response;
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (isEnvelope(headers, bytes)) await readEnvelope(httpResponse(status, headers, chunks(bytes)));
  return { status, headers, bytes };
}

/** Stored values and some endpoints answer with something else. */
function isEnvelope(headers: Headers, bytes: Uint8Array): boolean {
  if (!isJson(headers)) return false;
  const body = parseBody(Buffer.from(bytes).toString());
  return isObject(body) && typeof body.success === 'boolean' && 'errors' in body;
}

export const isJson = (headers: Headers): boolean =>
  /^application\/([\w.-]+\+)?json\b/i.test(headers.get('content-type') ?? '');

async function* chunks(bytes: Uint8Array) {
  yield bytes;
}
