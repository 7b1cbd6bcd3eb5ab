/** Validation of what a room sends, by its clients: a room may be newer than they are. */
import { isField, parse } from './decode.ts';
import type { ServerFrame } from './protocol.ts';

type Kind = 'count' | 'text' | 'flag' | 'messages' | 'fields' | 'field' | 'people' | 'texts';

/** What each type holds; a name with `?` may be missing. */
const SERVER: Record<ServerFrame['type'], Record<string, Kind>> = {
  welcome: {
    version: 'count',
    room: 'text',
    user: 'text',
    epoch: 'text',
    mark: 'count',
    seq: 'count',
    doc: 'count',
    from: 'count',
  },
  messages: { after: 'count', upto: 'count', messages: 'messages' },
  fields: { after: 'count', upto: 'count', fields: 'fields' },
  error: {
    code: 'text',
    message: 'text',
    'n?': 'count',
    'expected?': 'count',
    'retry_ms?': 'count',
  },
  ack: { n: 'count' },
  gap: { after: 'count', upto: 'count', reason: 'text' },
  edited: { n: 'count', version: 'count' },
  conflict: { n: 'count', field: 'field' },
  presence: { 'people?': 'people', 'changed?': 'people', 'left?': 'texts' },
  typing: { user: 'text', on: 'flag' },
  sync: { sent: 'count' },
};

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
const isString = (value: unknown) => typeof value === 'string';
const listOf = (isItem: (item: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.every(isItem);

function isMessage(value: unknown): boolean {
  const { seq, at, user, client, n, text } = (value ?? {}) as Record<string, unknown>;
  return [seq, at, n].every(isCount) && [user, client, text].every(isString);
}

function isPerson(value: unknown): boolean {
  const { user, since, lastActive, sockets } = (value ?? {}) as Record<string, unknown>;
  return isString(user) && [since, lastActive, sockets].every(isCount);
}

const TESTS: Record<Kind, (value: unknown) => boolean> = {
  count: isCount,
  text: isString,
  flag: (value) => typeof value === 'boolean',
  messages: listOf(isMessage),
  fields: listOf(isField),
  field: isField,
  people: listOf(isPerson),
  texts: listOf(isString),
};

/**
 * A room's frame; null for one of a type that this version does not know, which a client skips.
 * @throws Error where a known type does not hold what it must
 */
export function decodeServerFrame(data: unknown): ServerFrame | null {
  const frame = typeof data === 'string' ? parse(data) : undefined;
  if (!frame) throw new Error('the room sent a frame that is not a JSON object');
  const type = frame.type as ServerFrame['type'];
  if (!Object.hasOwn(SERVER, type)) return null;
  for (const [name, kind] of Object.entries(SERVER[type])) {
    const value = frame[name.replace('?', '')];
    if (value === undefined && name.endsWith('?')) continue;
    if (!TESTS[kind](value))
      throw new Error(`the room sent a ${type} frame without a valid ${name}`);
  }
  return frame as unknown as ServerFrame;
}
