import { tooLarge } from '../failure.ts';
import { invalidProperty } from './failure.ts';

/** As much as the KV routes take. */
const BODY_BYTES = 100_000_000;

/** A request's JSON object. @throws ApiFailure 413 over 100 MB, 400/7400 for anything but an object. */
export async function readJson(request: Request): Promise<Record<string, unknown>> {
  if (Number(request.headers.get('content-length')) > BODY_BYTES) {
    throw tooLarge('Request', BODY_BYTES);
  }
  const value = parse(await request.text());
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw invalidProperty('body', 'Expected a JSON object');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidProperty('body', 'Invalid JSON');
  }
}
