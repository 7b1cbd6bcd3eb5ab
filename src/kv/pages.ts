import type { KvApi } from '../api/kv.ts';
import type { ListedKey } from '../api/kv-shapes.ts';
import type { Usage } from '../api/usage.ts';
import { GoblinError } from '../contract/errors.ts';
import type { KvKey } from '../shards/kv-key.ts';
import type { KvPage, ListOptions } from './namespace.ts';
import { seenNames } from './seen-names.ts';

export interface ListSource {
  api: KvApi;
  namespace: string;
  usage: Usage;
}

/**
 * The pages of a list, each at most 1,000 keys in byte order. A page may be empty with more to come:
 * deleted keys are walked over. Only the cursor tells the end. A key that comes again is left out.
 * @throws {GoblinError} `cursor_repeated` where a cursor leads back, since such a list would never end
 */
export async function* listPages(
  { api, namespace, usage }: ListSource,
  { prefix, pageSize, cursor: from }: ListOptions,
): AsyncGenerator<KvPage> {
  const names = seenNames();
  const cursors = new Set(from ? [from] : []);
  let cursor = from;
  do {
    usage['kv.list']++;
    const page = await api.listKeys(namespace, {
      ...(prefix ? { prefix } : {}),
      ...(pageSize ? { limit: pageSize } : {}),
      ...(cursor ? { cursor } : {}),
    });
    if (page.cursor !== null) takeNote(cursors, page.cursor);
    cursor = page.cursor ?? undefined;
    const fresh = page.keys.filter(({ name }) => names.add(name));
    yield { keys: fresh.map(fromListed), cursor: page.cursor };
  } while (cursor);
}

function fromListed({ name, expiration, metadata }: ListedKey): KvKey {
  return { name, expiration: expiration ?? null, metadata: metadata ?? null };
}

function takeNote(cursors: Set<string>, cursor: string): void {
  if (!cursors.has(cursor)) {
    cursors.add(cursor);
    return;
  }
  throw new GoblinError('failed', 'cursor_repeated', 'the API gave the same list cursor twice', {
    hint: 'Going on would never end; try again later.',
  });
}
