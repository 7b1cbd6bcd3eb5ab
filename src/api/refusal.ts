/** Answers without a 2xx status become errors with a meaning, even where the body is not the API's. */
import { type Details, GoblinError } from '../contract/errors.ts';
import type { HttpResponse } from './http.ts';
import { MEANINGS, type Meaning } from './meanings.ts';

/** What the API says of a failure. */
export interface ApiMessage {
  code?: number;
  message?: string;
}

/** An answer that is an error: the status, and the envelope's `errors`. */
export interface Refusal {
  status: number;
  errors: readonly ApiMessage[];
  requestId?: string | undefined;
}

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

/** "Authentication error (10000)" of each. */
export function reasons(errors: readonly ApiMessage[], status: number): string[] {
  return errors.map(({ code, message }) => `${message ?? 'no message'} (${code ?? status})`);
}

/** The error to show for a refusal. */
export function refusalError({ status, errors, requestId }: Refusal, cause?: unknown): GoblinError {
  const said = reasons(errors, status);
  const details: Details = { requestId, cause };
  const meaning = MEANINGS.find((candidate) => fits(candidate, status, errors));
  if (!meaning) {
    return new GoblinError(
      'failed',
      'api_error',
      withReasons(`the API failed with status ${status}`, said),
      {
        ...details,
        hint: 'Try again; if it goes on, look at cloudflarestatus.com.',
        retryable: status >= 500,
      },
    );
  }
  return new GoblinError(meaning.outcome, meaning.code, withReasons(meaning.message, said), {
    ...details,
    hint: meaning.hint || undefined,
    retryable: meaning.retryable,
  });
}

function fits(meaning: Meaning, status: number, errors: Refusal['errors']): boolean {
  if (![meaning.status].flat().includes(status)) return false;
  if (meaning.codes && !errors.some(({ code }) => meaning.codes?.includes(code ?? -1)))
    return false;
  return (
    meaning.says === undefined || errors.some(({ message }) => meaning.says?.test(message ?? ''))
  );
}

function withReasons(message: string, said: readonly string[]): string {
  return said.length === 0 ? message : `${message}: ${said.join('; ')}`;
}
