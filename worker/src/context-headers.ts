/**
 * What the backend is told of the caller beside the request: flags, and what the user said before. Many
 * servers refuse a header of more than 8 KB, so that what is too large is cut, and said to be.
 */
import type { Message } from '../../src/shards/conversation.ts';
import { MAX_CONTEXT_BYTES, MAX_FLAGS_BYTES } from './limits.ts';

/** Messages as they may be told, and whether some of what is stored is missing. */
export interface Told {
  messages: Message[];
  isCut: boolean;
}

/** Sets `X-Goblin-Flags`, `X-Goblin-Context` and, where one of them was cut, `X-Goblin-Truncated`. */
export function addContext(
  headers: Headers,
  flags: Record<string, boolean>,
  context: Told | undefined,
): void {
  const told = fittingFlags(flags);
  headers.set('X-Goblin-Flags', told.json);
  const cut = told.isCut ? ['flags'] : [];
  if (context) {
    const { json, isCut } = newestMessages(context);
    headers.set('X-Goblin-Context', json);
    if (isCut) cut.push('context');
  }
  if (cut.length > 0) headers.set('X-Goblin-Truncated', cut.join(', '));
}

/** All flags, as a rule; otherwise those that fit, the built-in ones first as they come first. */
function fittingFlags(flags: Record<string, boolean>) {
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

/** JSON in printable ASCII: any header carries it, and any JSON parser reads it. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^ -~]/g,
    (unit) => `\\u${(unit.charCodeAt(0) + 0x10000).toString(16).slice(1)}`,
  );
}
