/** An answer without a 2xx status, read: whatever its body is, it becomes an error with a meaning. */
import type { GoblinError } from '../contract/errors.ts';
import { type ApiMessage, refusalError } from './errors.ts';
import type { HttpResponse } from './http.ts';

export async function refusalOf(response: HttpResponse): Promise<GoblinError> {
  const { status, headers } = response;
  const errors = apiErrors(parseBody(await response.text()));
  return refusalError({ status, errors, requestId: requestIdOf(headers) });
}

/** A body as JSON, or undefined where it is something else. */
export function parseBody(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The `errors` of an envelope, as far as they have the form of such. */
export function apiErrors(body: unknown): ApiMessage[] {
  const { errors } = (body ?? {}) as { errors?: unknown };
  if (!Array.isArray(errors)) return [];
  return errors.map((error: unknown) => {
    const { code, message } = (error ?? {}) as Record<string, unknown>;
    return {
      ...(typeof code === 'number' ? { code } : {}),
      ...(typeof message === 'string' ? { message } : {}),
    };
  });
}

/** Cloudflare's own name for a request, which its support asks for. */
export function requestIdOf(headers: Headers): string | undefined {
  return headers.get('cf-ray') ?? undefined;
}
