/** `/_goblin/preferences`: what the session's user has set. */
import { fieldsOf } from '../../../src/shards/summary.ts';
import {
  getPreferences,
  limitPreferences,
  patchPreferences,
  preferencesOf,
  replacePreferences,
} from '../../../src/tables/preferences.ts';
import type { Statement } from '../../../src/tables/statement.ts';
import { readUpTo } from '../body.ts';
import type { Answer, Call } from '../call.ts';
import { parseJson } from '../kv.ts';
import { MAX_PREFERENCES_BYTES } from '../limits.ts';
import { ownJson, refuse } from '../refuse.ts';
import { audit } from './audit.ts';
import { ask, failureOf } from './database.ts';

const TOO_LARGE = `preferences may have ${MAX_PREFERENCES_BYTES} bytes in all`;

/** GET shows them, PUT sets exactly what it names, PATCH changes what it names; null unsets. */
export function preferences(call: Call): Answer {
  const { session, method } = call;
  // Without a database there is no such route.
  if (!call.env.DB) return;
  if (!session) {
    const message = 'preferences are those of a session, and there is none';
    return refuse(call, 401, 'session_invalid', message);
  }
  if (method === 'PUT' || method === 'PATCH') return change(call, session.user_id);
  return answer(call, call.env.DB, [getPreferences(session.user_id)]);
}

async function change(call: Call, user: string): Promise<Response> {
  const { request, method, env } = call;
  const body = await readUpTo(request.body, MAX_PREFERENCES_BYTES).catch(() => null);
  if (!body) return refuse(call, 413, 'body_too_large', TOO_LARGE);
  const given = parseJson(body);
  const changes = fieldsOf(given);
  if (changes !== given) return badRequest(call, 'preferences are a JSON object');
  const isPut = method === 'PUT';
  let write: Statement;
  try {
    write = (isPut ? replacePreferences : patchPreferences)(user, changes);
  } catch (error) {
    return badRequest(call, (error as RangeError).message);
  }
  // One transaction: where the outcome is too large, nothing is changed.
  const limit = limitPreferences(user, MAX_PREFERENCES_BYTES);
  const response = await answer(call, env.DB as D1Database, [write, limit, getPreferences(user)]);
  if (response.ok) {
    const action = isPut ? 'prefs.replace' : 'prefs.patch';
    audit(call, { actor: user, action, target: user, details: { names: Object.keys(changes) } });
  }
  return response;
}

function badRequest(call: Call, problem: string): Response {
  return refuse(call, 400, 'bad_request', problem);
}

/** Answers with the rows of the last statement, or says why D1 has not done it. */
async function answer(call: Call, db: D1Database, statements: Statement[]): Promise<Response> {
  try {
    const row = (await ask(db, statements)).at(-1)?.results[0];
    return ownJson(call, preferencesOf(row ?? {}));
  } catch (error) {
    return failed(call, error, statements.length > 1);
  }
}

function failed(call: Call, error: unknown, isChange: boolean): Response {
  // From the limit, or from JSON that SQLite takes for too deep.
  if (/malformed JSON|SQLITE_TOOBIG/.test(`${error}`)) {
    return refuse(call, 413, 'body_too_large', `${TOO_LARGE}, and be 1,000 levels deep`);
  }
  const message = {
    schema: 'the database lacks tables or columns: run `goblin d1 migrate`',
    full: 'the database takes no more writes at present',
    down: 'the database does not answer; try again',
    refused: 'the database does not take this',
    in_doubt: `the database has not answered${isChange ? ', and may have made the change' : ''}; try again`,
  }[failureOf(error)];
  return refuse(call, 503, 'unavailable', message, { 'Retry-After': '5' });
}
