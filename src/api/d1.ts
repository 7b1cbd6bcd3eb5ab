/**
 * Cloudflare's D1 product (developers.cloudflare.com/api/resources/d1). Every rejection is a GoblinError.
 */
import { BaseDatabase } from 'cloudflare/resources/d1/database/database';
import { BaseTimeTravel } from 'cloudflare/resources/d1/database/time-travel';
import { type ApiClient, enveloped } from './client.ts';
import { bookmarkOf, exportOf, infoOf, listOf, rawResultsOf, resultsOf } from './d1-answers.ts';
import {
  type D1Info,
  type D1RawResult,
  type D1Result,
  type D1Statement,
  DATABASES_A_PAGE,
  type ExportOptions,
  type ExportState,
} from './d1-shapes.ts';
import type { Effect } from './http.ts';

export type D1Api = ReturnType<typeof d1Api>;

export function d1Api({ sdk, accountId: account_id, ask }: ApiClient) {
  const databases = new BaseDatabase(sdk);
  const timeTravel = new BaseTimeTravel(sdk);
  return {
    /**
     * Runs statements as one transaction, one request for all of them.
     * @param effect `once` where any of them may write
     */
    query(id: string, statements: readonly D1Statement[], effect: Effect): Promise<D1Result[]> {
      const [first = { sql: '' }, ...rest] = statements;
      const body = rest.length === 0 ? first : { batch: statements };
      return ask({
        // What is sent is `body`: the SDK's type allows text parameters only.
        send: (options) => databases.query(id, { account_id, sql: first.sql }, options),
        body,
        effect,
        read: enveloped((envelope) => resultsOf(envelope, statements.length)),
      });
    },
    /**
     * As `query`, with columns in order.
     * @param effect as of `query`
     */
    raw(id: string, statements: readonly D1Statement[], effect: Effect): Promise<D1RawResult[]> {
      const [first = { sql: '' }, ...rest] = statements;
      return ask({
        send: (options) => databases.raw(id, { account_id, sql: first.sql }, options),
        body: rest.length === 0 ? first : { batch: statements },
        effect,
        read: enveloped((envelope) => rawResultsOf(envelope, statements.length)),
      });
    },
    /** Runs a text of statements as one transaction, sent as wrangler sends a migration. */
    script(id: string, sql: string): Promise<D1Result[]> {
      return ask({
        send: (options) => databases.query(id, { account_id, sql }, options),
        body: { sql },
        effect: 'once',
        read: enveloped((envelope) => resultsOf(envelope, null)),
      });
    },
    async info(id: string): Promise<D1Info> {
      return ask({
        send: (options) => databases.get(id, { account_id }, options),
        read: enveloped(({ result }) => infoOf(result)),
      });
    },
    /** Databases whose name contains `name`, page by page from 1. */
    list(name: string, page: number): Promise<{ databases: D1Info[]; last: boolean }> {
      const query = { account_id, name, page, per_page: DATABASES_A_PAGE };
      return ask({
        send: (options) => databases.list(query, options),
        read: enveloped(listOf),
      });
    },
    /** The bookmark of Time Travel now, or at a time (RFC 3339). */
    bookmark(id: string, timestamp?: string): Promise<string> {
      const query = { account_id, ...(timestamp !== undefined && { timestamp }) };
      return ask({
        send: (options) => timeTravel.getBookmark(id, query, options),
        read: enveloped(bookmarkOf),
      });
    },
    /** Begins an export, or asks how far the one with this bookmark is. */
    export(id: string, dump_options: ExportOptions, bookmark?: string): Promise<ExportState> {
      const body = {
        output_format: 'polling',
        dump_options,
        ...(bookmark !== undefined && { current_bookmark: bookmark }),
      } as const;
      return ask({
        send: (options) => databases.export(id, { account_id, ...body }, options),
        body,
        read: enveloped(exportOf),
      });
    },
  };
}
