/**
 * The shared document of a room: fields, each with a version that the room gives. Versions rise over the
 * whole document, so that "everything after version 7" is what a replica needs that has all up to 7.
 */

/** Any JSON. A type that named its parts would be too deep for the types of RPC. */
export type Json = string | number | boolean | object | null;

export interface Field {
  field: string;
  version: number;
  /** Null where the field was deleted: the mark stays, so that no old edit brings the field back. */
  value: Json;
  /** Whose edit it was, and that client's number for it. */
  user: string;
  client: string;
  n: number;
  at: number;
}

export interface Edit {
  n: number;
  field: string;
  /** The version of the field that the author saw; 0 where it saw none. */
  base: number;
  value: Json;
}

/**
 * Whether an edit was made on what the field is now.
 * @param floor the highest version among deletion marks that were dropped
 */
export function isCurrent(current: Field | undefined, floor: number, base: number): boolean {
  return current ? base === current.version : base === 0 || base === floor;
}

/** What a client has of a document: everything up to `rev`, and perhaps more. */
export interface Replica {
  rev: number;
  fields: Map<string, Field>;
}

export function newReplica(): Replica {
  return { rev: 0, fields: new Map() };
}

/** Takes a field over if it is newer than the known one. @returns whether it was. */
export function mergeField({ fields }: Replica, field: Field): boolean {
  if ((fields.get(field.field)?.version ?? 0) >= field.version) return false;
  fields.set(field.field, field);
  return true;
}

/**
 * Merges every field whose version lies in (after, upto]. Order, repetition and delay do not matter: what
 * is newer stays. A known field of that interval that is not among them has changed since, or its deletion
 * mark was dropped.
 * @returns false where something before `after` is missing and has to be asked for
 */
export function mergeFields(
  replica: Replica,
  { after, upto, fields }: { after: number; upto: number; fields: readonly Field[] },
): boolean {
  const listed = new Set(fields.map(({ field }) => field));
  for (const { field, version } of [...replica.fields.values()]) {
    if (version > after && version <= upto && !listed.has(field)) replica.fields.delete(field);
  }
  for (const field of fields) mergeField(replica, field);
  if (after > replica.rev) return false;
  replica.rev = Math.max(replica.rev, upto);
  return true;
}

/** The document as a user sees it: fields that are not deleted. */
export function visible({ fields }: Replica): Record<string, Json> {
  const kept = [...fields.values()].filter(({ value }) => value !== null);
  return Object.fromEntries(kept.map(({ field, value }) => [field, value]));
}
