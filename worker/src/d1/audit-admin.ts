/** The audit entries of `/_goblin/admin/*`: every change, and once an hour and client each thing that is looked at. */
import type { AdminAnswer, AdminRequest } from '../../../src/live/admin.ts';
import type { Call } from '../call.ts';
import { ADMIN, audit, isFirstThisHour } from './audit.ts';

type Asked = Pick<AdminRequest, 'method' | 'path' | 'body'>;

const VERBS: Record<string, string> = { GET: 'show', PUT: 'set', POST: 'create', DELETE: 'delete' };

/** Fields of a body that the details may have: no text that somebody said, and no value. */
const NAMED = ['user_id', 'field', 'seconds', 'erase', 'until'];

/** @param answer undefined where the live Worker did not answer, so that nobody knows what it did */
export function auditAdmin(call: Call, asked: Asked, answer: AdminAnswer | undefined): void {
  const { action, target } = describeAsked(asked);
  if (asked.method === 'GET' && !isFirstThisHour(call, action)) return;
  const outcome = answer === undefined ? 'unknown' : answer.status < 400 ? 'ok' : 'failed';
  const names = NAMED.flatMap((name) => named(asked.body, name));
  const details = names.length === 0 ? null : Object.fromEntries(names);
  audit(call, { actor: ADMIN, action, target, outcome, details });
}

/** `rooms.kick` of a room, `limits.set` of a client, `rooms.list`. Who is forgotten is not named. */
function describeAsked({ method, path }: Asked): { action: string; target: string | null } {
  const [noun = '', name, ...rest] = path.split('/');
  const isList = method === 'GET' && name === undefined;
  // The last word of a POST says what is done.
  const verb = method === 'POST' && rest.length > 0 ? [] : [isList ? 'list' : VERBS[method]];
  const action = [noun, ...rest, ...verb].map((word) => /^\w{1,20}$/.exec(`${word}`)?.[0] ?? '?');
  const target = noun === 'users' || name === undefined ? null : decoded(name);
  return { action: action.slice(0, 4).join('.'), target };
}

function named(body: Record<string, unknown>, name: string): [string, unknown][] {
  const value = body[name];
  if (typeof value === 'string') return [[name, value.slice(0, 100)]];
  return typeof value === 'number' || typeof value === 'boolean' ? [[name, value]] : [];
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
