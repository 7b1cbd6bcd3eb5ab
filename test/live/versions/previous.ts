/** The live Worker as a version before this one may have been: it lacks calls, and fields of answers. */
import Live, * as now from '../../../worker/live/src/index.ts';

export class ChatRoom extends now.ChatRoom {}

export class RateLimiter extends now.RateLimiter {
  override async take(...given: Parameters<now.RateLimiter['take']>) {
    const { granted, left, reset_in_ms } = await super.take(...given);
    return { granted, left, reset_in_ms } as Awaited<ReturnType<now.RateLimiter['take']>>;
  }
}

export class PresenceDirectory extends now.PresenceDirectory {}

export default class extends Live {}

// What is not on the prototype is no method for RPC.
Reflect.deleteProperty(now.RateLimiter.prototype, 'giveBack');
Reflect.deleteProperty(now.PresenceDirectory.prototype, 'rooms');
Reflect.deleteProperty(Live.prototype, 'version');
