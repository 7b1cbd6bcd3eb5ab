/**
 * Cloudflare's answers. The envelope is around every result that is not a raw value. What is refused has an HTTP
 * status first, then a code. Cloudflare publishes few of these codes. Those marked "seen" were observed in
 * real replies or are in Cloudflare's own sources; the others are borrowed from public clients, so callers
 * do well to branch on the status.
 */
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

const envelope = { success: true, errors: [], messages: [] };

/** `{success: true, result}`, with `result_info` for a list. */
export function succeed(c: Context, result: unknown, info?: Record<string, unknown>): Response {
  return c.json({ result, ...envelope, ...(info && { result_info: info }) });
}

/** `{success: false, errors: [{code, message}]}` with the failure's HTTP status. */
export function refuse(c: Context, { status, code, message }: ApiFailure): Response {
  return c.json({ result: null, ...envelope, success: false, errors: [{ code, message }] }, status);
}

export class ApiFailure extends Error {
  readonly status: ContentfulStatusCode;
  readonly code: number;

  constructor(status: ContentfulStatusCode, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Seen. */
export const noRoute = () => new ApiFailure(404, 7000, 'No route for that URI');

/** Seen, with 401 and with 403. */
export const unauthenticated = () => new ApiFailure(401, 10000, 'Authentication error');
export const forbidden = (why: string) =>
  new ApiFailure(403, 10000, `Authentication error: ${why}`);

/** Seen. */
export const namespaceNotFound = (operation: string) =>
  new ApiFailure(404, 10013, `${operation}: 'namespace not found'`);

/** Seen. */
export const titleExists = (operation: string, why: string) =>
  new ApiFailure(400, 10014, `${operation}: '${why}'`);

/** Borrowed. */
export const titleRequired = (operation: string) =>
  new ApiFailure(400, 10019, `${operation}: 'title required'`);

/** Seen. */
export const keyNotFound = (operation: string) =>
  new ApiFailure(404, 10009, `${operation}: 'key not found'`);

export const badRequest = (message: string) => new ApiFailure(400, 10012, message);

/** Seen for bulk reads; borrowed for writes and deletes. */
export const tooManyKeys = (message: string) => new ApiFailure(400, 10029, message);

export const notText = (key: string) =>
  new ApiFailure(400, 10029, `bulk get keys: 'the value of ${JSON.stringify(key)} is not text'`);

export const badExpiration = (message: string) => new ApiFailure(400, 10033, message);
export const badTtl = (message: string) => new ApiFailure(400, 10034, message);
export const badMetadata = (message: string) => new ApiFailure(400, 10147, message);

/** The status and wording are those of the KV binding (seen); the code is borrowed. */
export const keyTooLong = (bytes: number, limit: number) =>
  new ApiFailure(
    414,
    10012,
    `UTF-8 encoded length of ${bytes} exceeds key length limit of ${limit}.`,
  );

/** As `keyTooLong`. */
export const metadataTooLong = (bytes: number, limit: number) =>
  new ApiFailure(413, 10147, `Metadata length of ${bytes} exceeds limit of ${limit}.`);

/** As `keyTooLong`. */
export const tooLarge = (what: string, limit: number) =>
  new ApiFailure(413, 10012, `${what} exceeds limit of ${limit} bytes.`);

/**
 * What the KV binding threw, as a failure. It throws `KV PUT failed: 413 Value length of …`, and a 500
 * when another process held the state's database at that moment: worth a retry, as a 5xx says.
 */
export function fromBinding(error: unknown): ApiFailure {
  if (error instanceof ApiFailure) return error;
  const text = error instanceof Error ? error.message : String(error);
  const status = Number(/^KV \w+ failed: (4\d\d) /.exec(text)?.[1] ?? 500);
  return new ApiFailure(status as ContentfulStatusCode, status === 500 ? 10001 : 10012, text);
}
