/** The flags in KV: one document, which is the source of truth where there is no database. */
import type { FlagStore, StoredFlags } from '../store.ts';
import { type EditContext, storeEdit } from './edit.ts';
import { flagsWrite, type KvFlags, readFlags } from './stored.ts';

export function kvFlagStore(context: EditContext): FlagStore {
  return {
    read: async () => changeable(context, await readFlags(context)),
    settle: async () => false,
  };
}

function changeable(context: EditContext, stored: KvFlags): StoredFlags {
  const { settings, problem, expiration, ignored, fingerprint } = stored;
  return {
    settings,
    source: 'kv',
    rows: new Map(),
    readCost: { requests: 1, 'kv.read': 1 },
    problem,
    expiration,
    ignored,
    fingerprint,
    change(after, named) {
      const write = flagsWrite(stored, after);
      return {
        cost: ({ verify }) => ({
          requests: verify ? 2 : 1,
          'kv.write': 1,
          'kv.read': verify ? 1 : 0,
        }),
        store: ({ verify }) => storeEdit(context, { before: stored, after, named, write }, verify),
      };
    },
  };
}
