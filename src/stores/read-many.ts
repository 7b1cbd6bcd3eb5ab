/**
 * Many values in few requests. The API reads 100 keys at once, but refuses the whole batch where one value
 * is no text or all together are too large; then the batch is halved, and what remains is read alone.
 */
import { GoblinError } from '../errors.ts';
import type { CloudflareApi } from './cloudflare.ts';
import { type KvEntry, slices } from './kv.ts';
import type { Usage } from './usage.ts';

/** Keys in one bulk read (developers.cloudflare.com/api/resources/kv). */
export const READ_KEYS = 100;

/** The entries of the keys that are there. Values that are not UTF-8 come with U+FFFD in them. */
export async function readMany(
  api: CloudflareApi,
  namespace: string,
  keys: readonly string[],
  usage: Usage,
): Promise<Map<string, KvEntry>> {
  const found = new Map<string, KvEntry>();
  const read = (batch: string[]) => readBatch(api, namespace, batch, usage, found);
  await Promise.all(slices([...new Set(keys)], READ_KEYS).map(read));
  return found;
}

async function readBatch(
  api: CloudflareApi,
  namespace: string,
  batch: string[],
  usage: Usage,
  found: Map<string, KvEntry>,
): Promise<void> {
  usage.read += batch.length;
  try {
    for (const [name, entry] of Object.entries(await api.bulkGet(namespace, batch))) {
      if (entry === null) continue;
      const value = typeof entry.value === 'string' ? entry.value : JSON.stringify(entry.value);
      found.set(name, {
        name,
        value,
        metadata: entry.metadata,
        expiration: entry.expiration ?? null,
      });
    }
  } catch (error) {
    if (!isAboutTheBatch(error)) throw error;
    if (batch.length === 1) return readAlone(api, namespace, batch[0] ?? '', usage, found);
    const half = Math.ceil(batch.length / 2);
    await readBatch(api, namespace, batch.slice(0, half), usage, found);
    await readBatch(api, namespace, batch.slice(half), usage, found);
  }
}

function isAboutTheBatch(error: unknown): boolean {
  return error instanceof GoblinError && (error.code === 'too_large' || error.code === 'refused');
}

async function readAlone(
  api: CloudflareApi,
  namespace: string,
  name: string,
  usage: Usage,
  found: Map<string, KvEntry>,
): Promise<void> {
  usage.read++;
  try {
    const { bytes, expiration } = await api.getValue(namespace, name);
    found.set(name, { name, value: new TextDecoder().decode(bytes), expiration, metadata: null });
  } catch (error) {
    if (!(error instanceof GoblinError && error.code === 'key_not_found')) throw error;
  }
}
