/** Schema parts for values that older Workers wrote in other words. */
import type { Row, Z } from './shard.ts';
import { toMilliseconds } from './time.ts';

/** A stored time in any spelling; gives milliseconds. */
export function storedTime(z: Z) {
  return z.unknown().transform((stored, context) => {
    const ms = toMilliseconds(stored);
    if (ms !== null) return ms;
    context.addIssue({
      code: 'custom',
      message: `not a time: ${JSON.stringify(stored) ?? 'missing'}`,
    });
    return z.NEVER;
  });
}

/** A non-negative number, in quotes or not. */
export function storedNumber(z: Z) {
  return z.preprocess(
    (stored) =>
      typeof stored === 'string' && /^\d+(\.\d+)?$/.test(stored) ? Number(stored) : stored,
    z.number().nonnegative(),
  );
}

/** Moves fields from an old name to today's, where today's is not there already. */
export function renameFields(stored: unknown, oldNames: Record<string, string>): unknown {
  if (typeof stored !== 'object' || stored === null || Array.isArray(stored)) return stored;
  const fields: Row = { ...stored };
  for (const [old, current] of Object.entries(oldNames)) {
    if (!(old in fields)) continue;
    fields[current] ??= fields[old];
    delete fields[old];
  }
  return fields;
}
