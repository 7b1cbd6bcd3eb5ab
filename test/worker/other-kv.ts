/** KV as it is on other days, around the real one. */
import { kv } from './edge.ts';

type Read = () => Promise<KVNamespaceGetWithMetadataResult<ArrayBuffer, unknown>>;

interface Habits {
  /** In place of every read; `real` is what the real KV would do. */
  read?: (real: Read, key: string) => ReturnType<Read>;
  /** In place of every write and deletion. */
  write?: (real: () => Promise<void>, key: string) => Promise<void>;
}

/** A namespace with habits, and the keys that it was asked for, in order. */
export function otherKv({ read = (real) => real(), write = (real) => real() }: Habits = {}) {
  const reads: string[] = [];
  const writes: string[] = [];
  const namespace = {
    getWithMetadata(key: string, options: KVNamespaceGetOptions<'arrayBuffer'>) {
      reads.push(key);
      return read(() => kv.getWithMetadata(key, options), key);
    },
    put(key: string, value: string | ArrayBuffer, options: KVNamespacePutOptions) {
      writes.push(key);
      return write(() => kv.put(key, value, options), key);
    },
    delete(key: string) {
      writes.push(key);
      return write(() => kv.delete(key), key);
    },
  };
  return { kv: namespace as unknown as KVNamespace, reads, writes };
}

/** What KV says when it fails. */
export function refused(): Promise<never> {
  return Promise.reject(new Error('KV GET failed: 500 Internal Server Error'));
}

/** Does something two seconds later. */
export async function slowly<T>(real: () => Promise<T>): Promise<T> {
  await new Promise((resolve) => setTimeout(resolve, 2000));
  return real();
}

/** What a namespace shows that somebody else wrote to. */
export function garbage(value: string, metadata: unknown = null) {
  const bytes = new TextEncoder().encode(value).buffer as ArrayBuffer;
  return () => Promise.resolve({ value: bytes, metadata, cacheStatus: null });
}
