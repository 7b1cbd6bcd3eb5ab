/** Cached responses as they are shown. */
import type { Column } from '../../output/columns.ts';
import type { CacheRow } from '../../shards/cache.ts';

export const CACHE_COLUMNS: readonly Column<CacheRow>[] = [
  { name: 'path', kind: 'text', role: 'identifier' },
  {
    name: 'status',
    kind: 'number',
    tone: (status) => (status >= 500 ? 'bad' : status >= 400 ? 'care' : undefined),
  },
  { name: 'content_type', kind: 'text', role: 'secondary' },
  { name: 'size', kind: 'bytes' },
  { name: 'cached_at', kind: 'time' },
  { name: 'expires_at', kind: 'time', role: 'secondary' },
];
