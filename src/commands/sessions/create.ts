import type { Context } from '../../context.ts';
import { usageError } from '../../contract/errors.ts';
import { encodeSession, session, sessionKey } from '../../shards/session.ts';
import {
  MAX_SESSION_TTL,
  MIN_SESSION_TTL,
  newToken,
  SESSION_TTL,
  USER_ID,
} from '../../shards/session-token.ts';
import { parseDuration } from '../../text/durations.ts';
import { type Declare, describe } from '../command.ts';
import { sessionColumns, sessionRow } from './rows.ts';

interface Options {
  user: string;
  /** Seconds. */
  ttl: number;
}

export const declare: Declare = (noun, run) => {
  noun
    .command('create')
    .summary('open a session')
    .description(
      describe('Opens a session for a user and prints its token, this once, on stdout.', [
        'goblin sessions create --user u_42',
        'goblin sessions create --user u_42 --ttl 1h --json | jq -r .token',
      ]),
    )
    .requiredOption('--user <id>', 'whose', parseUser)
    .option('--ttl <duration>', 'how long (1m to 365d)', parseTtl, SESSION_TTL)
    .action((options: Options) => run(create, options));
};

function parseUser(text: string): string {
  if (USER_ID.test(text)) return text;
  throw usageError('bad_user', 'that is not a valid user id', 'It has 1 to 100 characters.');
}

/** Seconds that a session lasts. */
function parseTtl(text: string): number {
  const seconds = Math.ceil(parseDuration(text) / 1000);
  if (seconds >= MIN_SESSION_TTL && seconds <= MAX_SESSION_TTL) return seconds;
  throw usageError('bad_ttl', `a session cannot last ${text}`, 'It lasts 1m to 365d.');
}

/** Writes a session as the edge itself issues it. */
export async function create(context: Context, { user, ttl }: Options): Promise<void> {
  const kv = await context.kv();
  await context.announceTarget();
  // The session lasts from the write on, not from the start of an engine.
  const now = context.now();
  const token = newToken(user);
  const value = { user_id: user, expires_at: now + ttl * 1000, last_activity: now };
  const name = sessionKey.format({ token });
  await kv.put({ name, ...encodeSession(value), ttl, expiration: null });
  await context.log.note('This token is all it takes to be that user; it is not shown again.');
  const row = session.fromValue({ token }, value, { expiration: null, metadata: null });
  await context.output.one(sessionColumns(true), sessionRow({ id: { token }, row }, true));
}
