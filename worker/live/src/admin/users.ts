/** `users`: what rooms hold about a user, room by room and page by page. */
import type { ForgetAnswer, UserAnswer } from '../../../../src/live/admin.ts';
import { USER_ID } from '../../../../src/shards/session-token.ts';
import { AdminError, type AdminRoom, type Asked } from './asked.ts';
import { bad, directory, nextOf, room } from './rooms.ts';

/** Rooms that one request asks: a Worker may make 1,000 calls for a request. */
const PAGE = 500;
const AT_ONCE = 20;

/** Counts what rooms hold about a user; rooms that hold nothing are left out. */
export async function showUser(asked: Asked): Promise<UserAnswer> {
  const { rooms, ...rest } = await askRooms(asked, 'aboutUser');
  const held = rooms.map(({ room, result }) => ({ room, ...counted(result) }));
  const isHeld = ({ messages, fields, traces, sockets }: (typeof held)[number]) =>
    messages + fields + traces + sockets > 0;
  return { ...rest, rooms: held.filter(isHeld) };
}

function counted(result: object) {
  const none = { messages: 0, fields: 0, traces: 0, sockets: 0 };
  return { ...none, ...result };
}

/** Has rooms forget a user. */
export function forgetUser(asked: Asked): Promise<ForgetAnswer> {
  return askRooms(asked, 'forgetUser');
}

/** Asks the rooms that the directory knows about a user. */
async function askRooms(asked: Asked, question: 'aboutUser' | 'forgetUser'): Promise<ForgetAnswer> {
  const user = asked.name;
  if (!USER_ID.test(user)) throw bad('that is not a valid user id');
  const page = { after: asked.params.get('after') ?? '', limit: PAGE };
  const known = await directory(asked).rooms(page);
  const answer: ForgetAnswer = { user_id: user, rooms: [], failed: [], next: null };
  const ask = async ({ room: name }: { room: string }) => {
    try {
      const asking: AdminRoom = room({ ...asked, name });
      answer.rooms.push({ room: name, result: { ...(await asking[question]({ user })) } });
    } catch (error) {
      if (error instanceof AdminError) throw error;
      answer.failed.push(name);
    }
  };
  for (let i = 0; i < known.length; i += AT_ONCE) {
    await Promise.all(known.slice(i, i + AT_ONCE).map(ask));
  }
  return { ...answer, next: nextOf(known, PAGE) };
}
