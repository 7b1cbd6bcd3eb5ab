/** Cloudflare's KV product (developers.cloudflare.com/api/resources/kv). Every rejection is a GoblinError. */
import { BaseKeys } from 'cloudflare/resources/kv/namespaces/keys';
import { BaseMetadata } from 'cloudflare/resources/kv/namespaces/metadata';
import { BaseNamespaces } from 'cloudflare/resources/kv/namespaces/namespaces';
import { BaseValues } from 'cloudflare/resources/kv/namespaces/values';
import { type ApiClient, enveloped } from './client.ts';
import {
  bulkResult,
  bulkValues,
  listPage,
  metadataOf,
  namespaceOf,
  rawValue,
  success,
} from './kv-answers.ts';
import type { BulkResult, BulkWrite } from './kv-shapes.ts';

export type KvApi = ReturnType<typeof kvApi>;

export function kvApi({ sdk, accountId: account_id, ask }: ApiClient) {
  const namespaces = new BaseNamespaces(sdk);
  const keys = new BaseKeys(sdk);
  const metadata = new BaseMetadata(sdk);
  const values = new BaseValues(sdk);
  return {
    /** One page of at most 1,000 keys. An empty cursor is the end, an empty page is not. */
    listKeys(namespace: string, query: { prefix?: string; limit?: number; cursor?: string }) {
      return ask({
        send: (options) => keys.list(namespace, { account_id, ...query }, options),
        read: enveloped(listPage),
      });
    },
    /** The bytes of a value; `expiration` in Unix seconds. */
    getValue(namespace_id: string, key: string) {
      return ask({
        send: (options) => values.get(key, { account_id, namespace_id }, options),
        read: rawValue,
      });
    },
    /** The metadata of a key; null where it has none. */
    getMetadata(namespace_id: string, key: string): Promise<unknown> {
      return ask({
        send: (options) => metadata.get(key, { account_id, namespace_id }, options),
        read: enveloped(metadataOf),
      });
    },
    /** The values of at most 100 keys, text only; keys that are not there are left out. */
    bulkGet(namespace: string, wanted: string[]) {
      const body = { keys: wanted, type: 'text', withMetadata: true } as const;
      return ask({
        send: (options) => namespaces.bulkGet(namespace, { account_id, ...body }, options),
        body,
        read: enveloped((envelope) => bulkValues(envelope, wanted)),
      });
    },
    async deleteValue(namespace_id: string, key: string) {
      await ask({
        send: (options) => values.delete(key, { account_id, namespace_id }, options),
        effect: 'repeatable',
        read: enveloped(success),
      });
    },
    /** At most 10,000 pairs and 100 MB, each key once. */
    bulkPut(namespace: string, body: BulkWrite[]): Promise<BulkResult> {
      const sent = body.map(({ key }) => key);
      return ask({
        send: (options) => namespaces.bulkUpdate(namespace, { account_id, body }, options),
        effect: 'repeatable',
        body,
        read: enveloped((envelope) => bulkResult(envelope, sent)),
      });
    },
    /** At most 10,000 keys, each once. */
    bulkDelete(namespace: string, body: string[]): Promise<BulkResult> {
      return ask({
        send: (options) => namespaces.bulkDelete(namespace, { account_id, body }, options),
        effect: 'repeatable',
        body,
        read: enveloped((envelope) => bulkResult(envelope, body)),
      });
    },
    namespace(id: string) {
      return ask({
        send: (options) => namespaces.get(id, { account_id }, options),
        read: enveloped(namespaceOf),
      });
    },
  };
}
