/** Parts of decoders for fields that older Workers wrote under other names or in other types. */

type Fields = Readonly<Record<string, unknown>>;

/** The value of the first of `names` that is set. The current name comes first. */
export function spelled(fields: Fields, ...names: readonly string[]): unknown {
  const name = names.find((candidate) => fields[candidate] != null);
  return name === undefined ? null : fields[name];
}

/** A number that is not negative, in quotes or not; null if it is something else. */
export function storedNumber(stored: unknown): number | null {
  if (typeof stored === 'string' && /^\d+(\.\d+)?$/.test(stored)) return Number(stored);
  return typeof stored === 'number' && stored >= 0 && Number.isFinite(stored) ? stored : null;
}

/** A text that is not empty; a number or boolean as text; null for anything else. */
export function storedText(stored: unknown): string | null {
  if (typeof stored === 'string') return stored === '' ? null : stored;
  const isPlain = typeof stored === 'boolean' || Number.isFinite(stored);
  return isPlain ? String(stored) : null;
}
