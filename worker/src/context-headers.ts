/**
 * What the backend learns about the caller beside the request: flags, and what the user said before. Many
 * servers refuse a header of more than 8 KB, so that what is too large is cut, and said to be.
 */
import type { Message } from '../../src/shards/conversation.ts';
import { asciiJson } from './ascii-json.ts';
import { MAX_CONTEXT_BYTES, MAX_FLAGS_BYTES } from './limits.ts';

/** Messages as they may be told, and whether some of what is stored is missing. */
export interface Told {
  messages: Message[];
  isCut: boolean;
}

/** A JSON object of flags, and whether some are missing in it. */
export interface FittingFlags {
  json: string;
  isCut: boolean;
}

/** Sets `X-Goblin-Flags`, `X-Goblin-Context` and, where one of them was cut, `X-Goblin-Truncated`. */
export function addContext(headers: Headers, flags: FittingFlags, context: Told | undefined): void {
  headers.set('X-Goblin-Flags', flags.json);
  const cut = flags.isCut ? ['flags'] : [];
  if (context) {
    const { json, isCut } = newestMessages(context);
    headers.set('X-Goblin-Context', json);
    if (isCut) cut.push('context');
  }
  if (cut.length > 0) headers.set('X-Goblin-Truncated', cut.join(', '));
}

/** All flags, as a rule; otherwise those that fit, the built-in ones first as they come first. */
export function fittingFlags(flags: Record<string, boolean>): FittingFlags {
  const json = asciiJson(flags);
  if (json.length <= MAX_FLAGS_BYTES) return { json, isCut: false };
  let room = MAX_FLAGS_BYTES - '{}'.length;
  const fitting = Object.entries(flags).filter(([name, isOn]) => {
    const size = asciiJson(name).length + `:${isOn},`.length;
    if (size > room) return false;
    room -= size;
    return true;
  });
  return { json: asciiJson(Object.fromEntries(fitting)), isCut: true };
}

/** The messages without as many of the oldest as do not fit. */
function newestMessages({ messages, isCut }: Told) {
  for (let first = 0; ; first++) {
    const json = asciiJson(messages.slice(first));
    if (json.length <= MAX_CONTEXT_BYTES) return { json, isCut: isCut || first > 0 };
  }
}
