/** Validation of frames, for both sides. Fields that this version does not know are ignored. */
import type { Edit, Field } from './document.ts';
import {
  type ClientFrame,
  type ErrorCode,
  MAX_CLIENT,
  MAX_FIELD,
  MAX_FRAME,
  MAX_TEXT,
  MAX_VALUE,
} from './protocol.ts';

export interface Refusal {
  type: 'refusal';
  code: ErrorCode;
  message: string;
}

type Fields = Record<string, unknown>;

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
const isOptionalCount = (value: unknown) => value === undefined || isCount(value);
const isPositive = (value: unknown) => isCount(value) && value !== 0;

/** Well-formed, and without U+0000, at which SQLite's functions end a text. */
export function isText(value: unknown, max: number): value is string {
  return (
    typeof value === 'string' &&
    value !== '' &&
    value.length <= max &&
    !/[\0\p{Surrogate}]/u.test(value)
  );
}

/** Whether an edit names a field and a value that may be stored; null deletes. */
export function isEdit({ field, base, value }: Partial<Edit>): boolean {
  return isText(field, MAX_FIELD) && isCount(base) && isValue(value);
}

function isValue(value: unknown): boolean {
  return value === null || isText(JSON.stringify(value), MAX_VALUE);
}

export const isClientId = (value: unknown) =>
  isText(value, MAX_CLIENT) && /^[\w.-]+$/.test(value as string);

/** What each type of a client's frame must hold; the text names it for people. */
const CLIENT: Record<ClientFrame['type'], [(fields: Fields) => boolean, string]> = {
  hello: [
    ({ version, client, epoch, since, doc }) =>
      isPositive(version) &&
      isClientId(client) &&
      (epoch === undefined || isText(epoch, MAX_CLIENT)) &&
      isOptionalCount(since) &&
      isOptionalCount(doc),
    'version, client, and perhaps epoch, since, doc',
  ],
  message: [({ n, text }) => isPositive(n) && isText(text, MAX_TEXT), `n, text up to ${MAX_TEXT}`],
  edit: [(fields) => isPositive(fields.n) && isEdit(fields), 'n, field, base, value'],
  typing: [({ on }) => typeof on === 'boolean', 'on'],
  sync: [({ sent }) => isCount(sent), 'sent'],
};

/** A client's frame, or why it is none. */
export function decodeClientFrame(data: unknown): ClientFrame | Refusal {
  if (typeof data !== 'string') return refusal('bad_frame', 'a frame is text, not binary');
  if (data.length > MAX_FRAME) {
    return refusal('bad_frame', `a frame has at most ${MAX_FRAME} characters`);
  }
  const fields = parse(data);
  if (!fields) return refusal('bad_frame', 'a frame is a JSON object');
  const type = fields.type as ClientFrame['type'];
  if (!Object.hasOwn(CLIENT, type)) return refusal('unknown_type', 'this type is not known here');
  const [isValid, expected] = CLIENT[type];
  return isValid(fields)
    ? (fields as unknown as ClientFrame)
    : refusal('bad_frame', `${type} needs ${expected}`);
}

function refusal(code: ErrorCode, message: string): Refusal {
  return { type: 'refusal', code, message };
}

export function parse(data: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether this is a field of the document as a room sends it. */
export function isField(value: unknown): value is Field {
  const { field, version, user, client, n, at } = (value ?? {}) as Fields;
  return (
    typeof field === 'string' &&
    isCount(version) &&
    typeof user === 'string' &&
    typeof client === 'string' &&
    isCount(n) &&
    isCount(at)
  );
}
