/** What rooms hold about a user, as the operator asks the admin plane for it. */
import {
  type ForgetAnswer,
  readFailed,
  readUser,
  type UserAnswer,
  type UserRoom,
} from '../live/admin.ts';
import type { AdminClient } from './admin.ts';

/** The rooms that hold something about a user, and the names of those that do not answer. */
export async function roomsOfUser(
  client: AdminClient,
  user: string,
): Promise<{ rooms: UserRoom[]; failed: string[] }> {
  const found: { rooms: UserRoom[]; failed: string[] } = { rooms: [], failed: [] };
  for (let after: string | null = ''; after !== null; ) {
    const page: Omit<UserAnswer, 'user_id'> = await client.ask(
      { path: ['users', user], query: { after } },
      readUser,
    );
    found.rooms.push(...page.rooms);
    found.failed.push(...page.failed);
    after = page.next;
  }
  return found;
}

/** Has all rooms forget a user, which is harmless the second time. @returns the rooms that did not answer */
export async function forgetInRooms(client: AdminClient, user: string): Promise<string[]> {
  const failed: string[] = [];
  const question = { method: 'DELETE', path: ['users', user], repeatable: true } as const;
  for (let after: string | null = ''; after !== null; ) {
    const page: Pick<ForgetAnswer, 'failed' | 'next'> = await client.ask(
      { ...question, query: { after } },
      readFailed,
    );
    failed.push(...page.failed);
    after = page.next;
  }
  return failed;
}
