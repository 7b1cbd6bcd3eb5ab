/** The answers of the D1 endpoints, checked by hand as those of KV are: a schema library loads too slowly. */
import {
  type D1Info,
  type D1Meta,
  type D1RawResult,
  type D1Result,
  DATABASES_A_PAGE,
  type ExportState,
} from './d1-shapes.ts';
import { type Envelope, expect, isObject, kindOf } from './envelope.ts';

/** `POST query`: a result for each statement that was sent. @param count null for a text of many statements */
export function resultsOf(envelope: Envelope, count: number | null): D1Result[] {
  return entriesOf(envelope, count).map(({ results, meta }) => {
    expect(Array.isArray(results), `results is ${kindOf(results)}, not an array`);
    expect(results.every(isObject), 'results holds something other than rows');
    return { rows: results, meta: metaOf(meta) };
  });
}

/** `POST raw`: the same with rows as arrays, whose columns are named once. */
export function rawResultsOf(envelope: Envelope, count: number): D1RawResult[] {
  return entriesOf(envelope, count).map(({ results, meta }) => {
    expect(isObject(results), `results is ${kindOf(results)}`);
    const { columns, rows } = results;
    expect(Array.isArray(columns), `columns is ${kindOf(columns)}, not an array`);
    expect(Array.isArray(rows), `rows is ${kindOf(rows)}, not an array`);
    expect(
      rows.every((row) => Array.isArray(row) && row.length === columns.length),
      'a row has not one cell for each column',
    );
    return { columns: columns.map(String), rows, meta: metaOf(meta) };
  });
}

function entriesOf({ result }: Envelope, count: number | null) {
  expect(Array.isArray(result), `result is ${kindOf(result)}, not an array`);
  const isWhole = count === null || result.length === count;
  expect(isWhole, `result has ${result.length} entries for ${count} statements`);
  return result.map((entry: unknown) => {
    expect(isObject(entry), `a result is ${kindOf(entry)}`);
    expect(entry.success !== false, 'a result is marked as failed');
    return { results: entry.results, meta: entry.meta };
  });
}

function metaOf(meta: unknown): D1Meta {
  expect(isObject(meta), `meta is ${kindOf(meta)}`);
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
export function infoOf(result: unknown): D1Info {
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

export function listOf({ result }: Envelope) {
  expect(Array.isArray(result), `result is ${kindOf(result)}, not an array`);
  return { databases: result.map(infoOf), last: result.length < DATABASES_A_PAGE };
}

/** `GET time_travel/bookmark`. */
export function bookmarkOf({ result }: Envelope): string {
  expect(isObject(result), `result is ${kindOf(result)}`);
  const { bookmark } = result;
  expect(typeof bookmark === 'string', `the bookmark is ${kindOf(bookmark)}`);
  return bookmark;
}

/** `POST export`. */
export function exportOf({ result }: Envelope): ExportState {
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
