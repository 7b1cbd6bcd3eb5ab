/**
 * Cloudflare's D1 product (developers.cloudflare.com/api/resources/d1). Every rejection is a GoblinError.
 * The answers are checked by hand, as those of KV are.
 */
import { BaseDatabase } from 'cloudflare/resources/d1/database/database';
import { BaseTimeTravel } from 'cloudflare/resources/d1/database/time-travel';
import { type ApiClient, enveloped } from './client.ts';
import { type Envelope, expect, isObject, kindOf } from './envelope.ts';
import type { Effect } from './http.ts';

/** One statement; `params` are the values of its question marks. */
export interface D1Statement {
  sql: string;
  params?: readonly (string | number | null)[];
}

/** What a statement cost and changed. Fields that an answer lacks are 0, or null for `served_by`. */
export interface D1Meta {
  rows_read: number;
  /** Entries of indexes count as rows. */
  rows_written: number;
  changes: number;
  /** Milliseconds inside of the database. */
  duration: number;
  last_row_id: number;
  /** Bytes. */
  size_after: number;
  served_by: string | null;
}

export interface D1Result {
  rows: Record<string, unknown>[];
  meta: D1Meta;
}

export interface D1Info {
  id: string;
  name: string;
  /** RFC 3339; null where the API does not know it. */
  created_at: string | null;
  /** Bytes; null where the API does not say. */
  file_size: number | null;
  num_tables: number | null;
}

export interface ExportOptions {
  no_data?: boolean;
  no_schema?: boolean;
  tables?: string[];
}

/** How far an export is. While it is not complete, it has to be asked for again and again. */
export type ExportState =
  | { status: 'running'; bookmark: string }
  | { status: 'complete'; filename: string; url: string }
  | { status: 'failed'; error: string };

export type D1Api = ReturnType<typeof d1Api>;

/** A page of the list of databases: as many as Cloudflare gives at most. */
const PAGE = 1000;

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
    async info(id: string): Promise<D1Info> {
      return ask({
        send: (options) => databases.get(id, { account_id }, options),
        read: enveloped(({ result }) => infoOf(result)),
      });
    },
    /** Databases whose name contains `name`, page by page from 1. */
    list(name: string, page: number): Promise<{ databases: D1Info[]; last: boolean }> {
      const query = { account_id, name, page, per_page: PAGE };
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

/** `POST query`: a result for each statement that was sent. */
function resultsOf({ result }: Envelope, count: number): D1Result[] {
  expect(Array.isArray(result), `result is ${kindOf(result)}, not an array`);
  expect(result.length === count, `result has ${result.length} entries for ${count} statements`);
  return result.map((entry: unknown) => {
    expect(isObject(entry), `a result is ${kindOf(entry)}`);
    const { results, success, meta } = entry;
    expect(success !== false, 'a result is marked as failed');
    expect(Array.isArray(results), `results is ${kindOf(results)}, not an array`);
    expect(results.every(isObject), 'results holds something other than rows');
    expect(isObject(meta), `meta is ${kindOf(meta)}`);
    return { rows: results, meta: metaOf(meta) };
  });
}

function metaOf(meta: Record<string, unknown>): D1Meta {
  const number = (name: string) => (typeof meta[name] === 'number' ? meta[name] : 0);
  const servedBy = meta.served_by_region ?? meta.served_by;
  return {
    rows_read: number('rows_read'),
    rows_written: number('rows_written'),
    changes: number('changes'),
    duration: number('duration'),
    last_row_id: number('last_row_id'),
    size_after: number('size_after'),
    served_by: typeof servedBy === 'string' ? servedBy : null,
  };
}

/** `GET d1/database/{id}`, and each entry of the list. */
function infoOf(result: unknown): D1Info {
  expect(isObject(result), `result is ${kindOf(result)}`);
  const { uuid, name, created_at, file_size, num_tables } = result;
  expect(typeof uuid === 'string', `the uuid is ${kindOf(uuid)}`);
  expect(typeof name === 'string', `the name is ${kindOf(name)}`);
  return {
    id: uuid,
    name,
    created_at: typeof created_at === 'string' ? created_at : null,
    file_size: typeof file_size === 'number' ? file_size : null,
    num_tables: typeof num_tables === 'number' ? num_tables : null,
  };
}

function listOf({ result }: Envelope) {
  expect(Array.isArray(result), `result is ${kindOf(result)}, not an array`);
  return { databases: result.map(infoOf), last: result.length < PAGE };
}

/** `GET time_travel/bookmark`. */
function bookmarkOf({ result }: Envelope): string {
  expect(isObject(result), `result is ${kindOf(result)}`);
  const { bookmark } = result;
  expect(typeof bookmark === 'string', `the bookmark is ${kindOf(bookmark)}`);
  return bookmark;
}

/** `POST export`. */
function exportOf({ result }: Envelope): ExportState {
  expect(isObject(result), `result is ${kindOf(result)}`);
  const { status, at_bookmark: bookmark, error, result: file } = result;
  if (status === 'error') return { status: 'failed', error: String(error ?? 'no reason given') };
  if (status === 'complete') {
    expect(isObject(file), `the file is ${kindOf(file)}`);
    const { filename, signed_url: url } = file;
    expect(typeof url === 'string', `the signed_url is ${kindOf(url)}`);
    return { status, url, filename: typeof filename === 'string' ? filename : 'export.sql' };
  }
  expect(typeof bookmark === 'string', `at_bookmark is ${kindOf(bookmark)}`);
  return { status: 'running', bookmark };
}
