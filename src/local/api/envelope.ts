/** Cloudflare's reply around every result that is not a raw value. */
import type { Context } from 'hono';
import type { ApiFailure } from './failure.ts';

const envelope = { success: true, errors: [], messages: [] };

/** `{success: true, result}`, with `result_info` for a list. */
export function succeed(c: Context, result: unknown, info?: Record<string, unknown>): Response {
  return c.json({ result, ...envelope, ...(info && { result_info: info }) });
}

/** `{success: false, errors: [{code, message}]}` with the failure's HTTP status. */
export function refuse(c: Context, { status, code, message }: ApiFailure): Response {
  return c.json({ result: null, ...envelope, success: false, errors: [{ code, message }] }, status);
}
