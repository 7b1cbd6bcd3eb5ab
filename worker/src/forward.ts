/** Forwards requests to the backend, and passes its responses on as they come. */
import type { Call } from './call.ts';
import { takeAmounts } from './d1/amounts.ts';
import { within } from './kv.ts';
import { backendHeaders } from './outbound-headers.ts';
import { refuse } from './refuse.ts';
import { startUpload, type Upload } from './upload.ts';
import { type Variables, variables } from './variables.ts';
import { watched } from './watched.ts';

/**
 * Forwards a request. The response is passed on unchanged, so that streams and WebSockets work.
 * @param inbound the client's request, or one that replaces it.
 * @returns the backend's response, or an error response: 411, 413 or 400 if the body is refused or breaks
 * off, 502 if the backend fails, 504 if it does not answer in time.
 */
export async function forward(call: Call, inbound = call.request): Promise<Response> {
  const { API_TIMEOUT_MS, MAX_BODY_BYTES } = variables(call.env);
  // Each property of a request or response is a call into the runtime: it is read once.
  const { body, headers } = inbound;
  let upload: Upload | undefined;
  if (body) {
    const length = headers.get('Content-Length');
    if (Number(length) > MAX_BODY_BYTES) return tooLarge(call, MAX_BODY_BYTES);
    if (mayReplaceBody(call)) upload = startUpload(body, length, MAX_BODY_BYTES);
    else if (length === null) return lengthRequired(call);
  }
  try {
    const responding = send(call, { inbound, body, headers, upload });
    if (upload) await sentOrAnswered(upload, responding);
    const response = await within(API_TIMEOUT_MS, responding);
    if (response) return answered(call, response);
    upload?.abort();
    return refuse(call, 504, 'backend_timeout', 'the backend has not answered in time');
  } catch {
    return failed(call, upload);
  }
}

/** The body of a GET or HEAD cannot be replaced by a stream that is counted: the runtime refuses that. */
function mayReplaceBody({ method }: Call): boolean {
  return method !== 'GET' && method !== 'HEAD';
}

/** A request for the backend: its body is the upload where that is set. */
interface Outgoing {
  inbound: Request;
  body: ReadableStream | null;
  headers: Headers;
  upload: Upload | undefined;
}

/**
 * Starts the request to the backend. It is described by its parts: to build a `Request` first costs a
 * twentieth of a forwarded request, as the runtime copies headers and `cf` once more.
 */
function send(call: Call, { inbound, body, headers: sent, upload }: Outgoing): Promise<Response> {
  const url = variables(call.env).API_URL + call.target;
  const headers = backendHeaders(sent, call);
  // The runtime takes the body of a GET or HEAD in no other form.
  if (body && !upload) return fetch(new Request(url, inbound), { headers });
  // Redirects are for the client to follow.
  const init: RequestInit = { method: call.method, headers, redirect: 'manual' };
  return fetch(url, upload ? { ...init, body: upload.body, signal: upload.signal } : init);
}

/** The backend's response as the client gets it. */
function answered(call: Call, response: Response): Response {
  const { headers } = response;
  return watched(call, takeAmounts(call, response, headers), headers);
}

/** Waits until the body is sent, which is when the timeout starts. Rejected with whatever fails first. */
async function sentOrAnswered(upload: Upload, responding: Promise<Response>): Promise<void> {
  responding.catch(() => {});
  await Promise.race([responding, upload.sent]);
}

/** The error response after the exchange with the backend failed or the body broke off. */
function failed(call: Call, upload: Upload | undefined): Response {
  switch (upload?.problem) {
    case 'too_large':
      return tooLarge(call, variables(call.env).MAX_BODY_BYTES);
    case 'broken':
      return refuse(call, 400, 'bad_request', 'the request body broke off');
    default:
      return refuse(call, 502, 'backend_down', 'the backend cannot be reached');
  }
}

function tooLarge(call: Call, limit: Variables['MAX_BODY_BYTES']): Response {
  return refuse(call, 413, 'body_too_large', `the request body has more than ${limit} bytes`);
}

function lengthRequired(call: Call): Response {
  const message = `a ${call.method} request with a body needs a Content-Length`;
  return refuse(call, 411, 'bad_request', message);
}
