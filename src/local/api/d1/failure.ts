/** What D1 answers when it refuses. All codes were seen in real replies or stand in wrangler's sources. */
import { ApiFailure } from '../failure.ts';

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
