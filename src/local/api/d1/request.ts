/**
 * What D1 takes, and what it answers when it refuses. All codes were seen in real replies or stand in
 * wrangler's sources.
 */
import { ApiFailure, tooLarge } from '../reply.ts';

/** A part of the request that is not what it has to be. */
export const invalidProperty = (name: string, why: string) =>
  new ApiFailure(400, 7400, `Invalid property: ${name} => ${why}`);

export const databaseNotFound = (id: string) =>
  new ApiFailure(404, 7404, `The database ${id} could not be found`);

export const tooManyDatabases = (limit: number) =>
  new ApiFailure(
    400,
    7406,
    limit === 0
      ? 'This engine creates no databases. Run `goblin dev` and create the database there.'
      : `No more than ${limit} databases can be created while the engine runs. Restart it to create more.`,
  );

export const nameTaken = (name: string) =>
  new ApiFailure(400, 7502, `Database with name '${name}' already exists`);

/** What SQLite says of a statement, or what D1 says before it asks SQLite. */
export const sqlFailure = (message: string) => new ApiFailure(400, 7500, message);

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
