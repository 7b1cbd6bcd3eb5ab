/**
 * One D1 database as the commands see it. The same for Cloudflare and for the embedded engine. A statement
 * that may write is sent once: D1 has no way to tell whether a request whose answer was lost was carried out.
 */
import type { D1Api } from '../api/d1.ts';
import type {
  D1Info,
  D1Meta,
  D1RawResult,
  D1Result,
  D1Statement,
  ExportOptions,
} from '../api/d1-shapes.ts';
import type { Effect, Fetch } from '../api/http.ts';
import { GoblinError, interrupted, unconfirmed } from '../contract/errors.ts';
import { isReadOnly } from './read-only.ts';

export interface DatabaseOptions {
  api: D1Api;
  id: string;
  /** Told what each statement cost. */
  onMeta?: (meta: D1Meta) => void;
  /** Downloads an export, whose address needs no token. */
  fetch: Fetch;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  signal: AbortSignal;
}

export interface D1Database {
  id: string;
  /**
   * Runs one statement.
   * @throws {GoblinError} `sql_error`, `no_such_table`, `database_busy`, `database_full`, `quota_exceeded`,
   *   `database_not_found` and what the API client throws; `maybeApplied` where a write has no clear answer
   */
  query(sql: string, params?: D1Statement['params']): Promise<D1Result>;
  /**
   * Runs statements as one transaction in one request, results in their order; none is applied where one
   * fails. An empty list is no request. @throws as `query`
   */
  batch(statements: readonly D1Statement[]): Promise<D1Result[]>;
  /**
   * As `batch`, with columns in order.
   * @param effect `read` only where SQLite itself says that nothing is written (`judge`)
   */
  raw(statements: readonly D1Statement[], effect: Effect): Promise<D1RawResult[]>;
  /** Runs a text of statements as one transaction, sent as wrangler sends a migration. @throws as `query` */
  script(sql: string): Promise<void>;
  /** The bookmark of Time Travel now, or at a time (ms since 1970). */
  bookmark(at?: number): Promise<string>;
  /** The database as SQL text, in chunks. It serves no queries while Cloudflare makes the export. */
  export(options?: ExportOptions, onPoll?: () => void): Promise<AsyncIterable<Uint8Array>>;
  info(): Promise<D1Info>;
}

/** How often to ask for an export. Cloudflare cancels one that nobody asks for. */
const POLL_MS = 1_000;

export function d1Database(options: DatabaseOptions): D1Database {
  const { api, id, onMeta = () => {} } = options;

  async function batch(statements: readonly D1Statement[]): Promise<D1Result[]> {
    if (statements.length === 0) return [];
    const effect = statements.every(({ sql }) => isReadOnly(sql)) ? 'read' : 'once';
    return counted(await api.query(id, statements, effect).catch(orUnconfirmed));
  }

  function counted<T extends { meta: D1Meta }>(results: T[]): T[] {
    for (const { meta } of results) onMeta(meta);
    return results;
  }

  const orUnconfirmed = (error: unknown) => {
    throw unconfirmed(error);
  };

  return {
    id,
    batch,
    async query(sql, params = []) {
      const [result] = await batch([{ sql, params }]);
      return result as D1Result;
    },
    async raw(statements, effect) {
      return counted(await api.raw(id, statements, effect).catch(orUnconfirmed));
    },
    async script(sql) {
      counted(await api.script(id, sql).catch(orUnconfirmed));
    },
    bookmark: (at) => api.bookmark(id, at === undefined ? undefined : new Date(at).toISOString()),
    export: (dump = {}, onPoll = () => {}) => exported(options, dump, onPoll),
    info: () => api.info(id),
  };
}

async function exported(
  { api, id, fetch, sleep, signal }: DatabaseOptions,
  dump: ExportOptions,
  onPoll: () => void,
): Promise<AsyncIterable<Uint8Array>> {
  let state = await api.export(id, dump);
  while (state.status === 'running') {
    await sleep(POLL_MS, signal);
    if (signal.aborted) throw interrupted();
    onPoll();
    state = await api.export(id, dump, state.bookmark);
  }
  if (state.status === 'failed') throw exportFailed(state.error);
  const response = await fetch(state.url, { signal });
  if (response.ok && response.body) return response.body;
  throw exportFailed(`its file was answered with status ${response.status}`);
}

function exportFailed(why: string): GoblinError {
  return new GoblinError('failed', 'export_failed', `cannot export the database: ${why}`, {
    hint: 'Try again; nothing was changed.',
    retryable: true,
  });
}
