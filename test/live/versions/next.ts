/** The live Worker as its next version may be: it answers more than this one, under a higher version. */
import type { AdminAnswer, AdminRequest } from '../../../src/live/admin.ts';
import Live, * as now from '../../../worker/live/src/index.ts';

type Call<Name extends keyof now.ChatRoom> = Parameters<Extract<now.ChatRoom[Name], Method>>;
type Method = (...given: never[]) => unknown;

/** An answer with a field that nobody knows yet. */
const more = <Answer extends object>(answer: Answer): Answer => ({
  ...answer,
  of_next_version: { nested: [1, 2, 3] },
});

export class ChatRoom extends now.ChatRoom {
  override async ticket(...given: Call<'ticket'>) {
    return more(await super.ticket(...given));
  }

  override async say(...given: Call<'say'>) {
    return more(await super.say(...given));
  }

  override async describe() {
    return more(await super.describe());
  }
}

export class RateLimiter extends now.RateLimiter {
  override async take(...given: Parameters<now.RateLimiter['take']>) {
    return more(await super.take(...given));
  }
}

export class PresenceDirectory extends now.PresenceDirectory {
  override async rooms(...given: Parameters<now.PresenceDirectory['rooms']>) {
    return (await super.rooms(...given)).map(more);
  }
}

export default class extends Live {
  override version() {
    return more({ ...super.version(), rpc: 2, protocol: 2 });
  }

  override async admin(request: AdminRequest): Promise<AdminAnswer> {
    const { status, body } = await super.admin(request);
    return { status, body: more(body) };
  }
}
