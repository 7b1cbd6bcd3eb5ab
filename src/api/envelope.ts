/**
 * Cloudflare's reply around every result that is not a raw value: `{success, errors, messages, result}`. An
 * answer of any other form is an error, even with status 200: it may come from a proxy, a login page or a
 * broken server, and must not count as the confirmation of a write.
 */
import { GoblinError } from '../contract/errors.ts';
import type { Effect, HttpResponse } from './http.ts';
import { apiErrors, parseBody, reasons, requestIdOf } from './refusal.ts';

export interface Envelope {
  result: unknown;
  result_info?: unknown;
}

/** How an answer differs from what its endpoint gives: "result is null". */
export class Misfit extends Error {}

/** @throws {Misfit} where the condition does not hold. */
export function expect(condition: boolean, misfit: string): asserts condition {
  if (!condition) throw new Misfit(misfit);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What stands where something else is due, for a message. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `of type ${typeof value}`;
}

/**
 * The envelope of an answer with a 2xx status.
 * @throws {GoblinError} `not_the_api` for what is not JSON, `api_failure` where the API itself reports one
 * @throws {Misfit} where it is JSON but not an envelope of success
 */
export async function readEnvelope(response: HttpResponse): Promise<Envelope> {
  const body = parseBody(await response.text());
  if (body === undefined) throw notJson(response);
  expect(isObject(body), `the body is ${kindOf(body)}, not an object`);
  const { success, errors = null, result, result_info } = body;
  expect(errors === null || Array.isArray(errors), `errors is ${kindOf(errors)}`);
  if (success === false || apiErrors(body).length > 0) throw reportedFailure(response, body);
  expect(success === true, `success is ${kindOf(success)}`);
  return { result, result_info };
}

function notJson(response: HttpResponse): GoblinError {
  return new GoblinError('failed', 'not_the_api', `${answered(response)}, not with JSON`, {
    hint: 'A proxy or login page may stand in between; check CLOUDFLARE_API_BASE_URL if it is set.',
    requestId: requestIdOf(response.headers),
  });
}

function reportedFailure(response: HttpResponse, body: unknown): GoblinError {
  const said = reasons(apiErrors(body), response.status).join('; ') || 'no reason given';
  return new GoblinError('failed', 'api_failure', `${answered(response)}: ${said}`, {
    hint: 'It reports failure with the status of success; try again.',
    requestId: requestIdOf(response.headers),
  });
}

/**
 * Reads an answer with a 2xx status. A write without a proper answer may have been applied.
 * @throws {GoblinError} `odd_answer` where it is not what its endpoint answers, and what `read` throws
 */
export async function judged<Result>(
  response: HttpResponse,
  read: (response: HttpResponse) => Promise<Result>,
  effect: Effect,
): Promise<Result> {
  try {
    return await read(response);
  } catch (thrown) {
    const error = thrown instanceof Misfit ? oddAnswer(response, thrown) : thrown;
    if (effect === 'read' || !(error instanceof GoblinError)) throw error;
    throw error.with({ maybeApplied: true });
  }
}

function oddAnswer(response: HttpResponse, misfit: Misfit): GoblinError {
  const message = `${answered(response)}, but ${misfit.message}`;
  return new GoblinError('failed', 'odd_answer', message, {
    hint: 'Cloudflare does not answer so; try again, and check CLOUDFLARE_API_BASE_URL if it is set.',
    requestId: requestIdOf(response.headers),
    cause: misfit,
  });
}

/** "the API answered with status 200 and text/html". */
function answered({ status, headers }: HttpResponse): string {
  const type = headers.get('content-type')?.split(';')[0]?.trim();
  return `the API answered with status ${status} and ${type || 'no content type'}`;
}
