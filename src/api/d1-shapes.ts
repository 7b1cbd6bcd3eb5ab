/** What D1 is asked for and answers, as commands see it. */

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

/** As `D1Result`, with columns in order and of the same name too. A BLOB is an array of its bytes. */
export interface D1RawResult {
  columns: string[];
  rows: unknown[][];
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

/** A page of the list of databases: as many as Cloudflare gives at most. */
export const DATABASES_A_PAGE = 1000;
