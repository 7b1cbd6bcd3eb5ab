/** A value as an argument: itself, `-` for stdin, `@path` for a file. */
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import type { Context } from '../../context.ts';
import { GoblinError, usageError } from '../../contract/errors.ts';
import { readAll } from '../../io/read-all.ts';
import { unreadable } from '../../io/unreadable.ts';
import { MAX_VALUE_BYTES } from '../../shards/kv-limits.ts';

const ABSENT = 'Check the path; without the @ it would be the value itself, and - reads stdin.';

/** @throws {GoblinError} exit 2 for more than 25 MiB, and for a file that cannot be read. */
export async function readValue({ io }: Context, argument: string): Promise<Uint8Array> {
  if (argument === '-') return valueFrom(io.stdin.read());
  if (!argument.startsWith('@')) return valueFrom([Buffer.from(argument)]);
  const path = resolve(io.cwd, argument.slice(1));
  try {
    return await valueFrom(createReadStream(path));
  } catch (error) {
    if (error instanceof GoblinError) throw error;
    throw unreadable(path, error, ABSENT);
  }
}

/** @throws {GoblinError} exit 2 beyond KV's limit; no more is read then. */
function valueFrom(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Uint8Array> {
  const tooLarge = () =>
    usageError('value_too_large', 'the value has more than 25 MiB, the most that KV takes');
  return readAll(source, MAX_VALUE_BYTES, tooLarge);
}
