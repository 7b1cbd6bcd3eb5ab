/** A value as an argument: itself, `-` for stdin, `@path` for a file. */
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import type { Context } from '../../context.ts';
import { GoblinError, usageError } from '../../contract/errors.ts';

/** Most bytes of a value: 25 MiB (developers.cloudflare.com/kv/platform/limits). */
export const MAX_VALUE_BYTES = 25 * 1024 * 1024;

/** @throws {GoblinError} exit 2 for more than 25 MiB, 1 for a file that cannot be read. */
export async function readValue({ io }: Context, argument: string): Promise<Uint8Array> {
  if (argument === '-') return gather(io.stdin.read());
  if (!argument.startsWith('@')) return gather([Buffer.from(argument)]);
  const path = resolve(io.cwd, argument.slice(1));
  try {
    return await gather(createReadStream(path));
  } catch (error) {
    if (error instanceof GoblinError) throw error;
    throw unreadable(path, error);
  }
}

/** @throws {GoblinError} exit 2 beyond KV's limit; no more is read then. */
async function gather(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > MAX_VALUE_BYTES) {
      throw usageError('value_too_large', 'the value has more than 25 MiB, the most that KV takes');
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export function unreadable(path: string, error: unknown): GoblinError {
  const reason = (error as NodeJS.ErrnoException).code ?? String(error);
  return new GoblinError('failed', 'unreadable_file', `cannot read ${path}: ${reason}`, {
    cause: error,
  });
}
