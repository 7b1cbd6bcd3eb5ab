/**
 * The flags of the database as the document in KV that the edge reads, for five minutes. The document is written
 * after the database, so a run that is slow may write an older one over a newer one. Who may have done so, or have
 * been overtaken so, looks at both again.
 */
import { GoblinError, interrupted } from '../../contract/errors.ts';
import type { D1Database } from '../../d1/database.ts';
import { FLAGS_CACHE_TTL, FLAGS_KEY } from '../../shards/flags.ts';
import type { KvEntry } from '../../shards/kv-key.ts';
import { fieldsOf } from '../../shards/summary.ts';
import { projectFlags } from '../../tables/flag-projection.ts';
import { readFlags } from '../../tables/flags.ts';
import type { SqlRow } from '../../tables/statement.ts';
import { parseDocument } from '../kv/document.ts';
import type { EditContext } from '../kv/edit.ts';
import { fingerprint, resolved, settingsOf } from '../settings.ts';
import { SETTLE_MS } from '../store.ts';

export interface D1Context extends EditContext {
  db: D1Database;
}

/** Milliseconds from reading the database to the end of the write in KV within which nobody is overtaken. */
export const PROMPT_MS = 1000;
/** Writes before it is given up. */
const MAX_WRITES = 5;

/**
 * Writes rows to KV. Where others may write at the same time, it waits for them and looks whether KV holds what D1
 * does by then.
 * @param readAt when the rows were asked for (ms since 1970)
 * @throws {GoblinError} `not_projected` (exit 5), or `interrupted`
 */
export async function project(
  context: D1Context,
  rows: readonly SqlRow[],
  { readAt, contended, verify }: { readAt: number; contended: boolean; verify: boolean },
): Promise<void> {
  try {
    await put(context, rows);
    const isPrompt = context.now() - readAt <= PROMPT_MS;
    if (!verify || (isPrompt && !contended)) return;
    for (let writes = 1; writes < MAX_WRITES; writes++) {
      await context.sleep(SETTLE_MS, context.signal);
      if (context.signal.aborted) throw interrupted();
      const fresh = await rowsOf(context.db);
      if (holds(context, await documentIn(context), fresh)) return;
      await put(context, fresh);
    }
  } catch (error) {
    throw notProjected(error);
  }
  throw notProjected(new Error('others change the flags again and again'));
}

/**
 * Whether KV had to be written, because it holds other flags than the database. Where it holds none, the edge makes
 * the document itself; where the database has none, the operator's own document holds.
 */
export async function settle(context: D1Context, rows: readonly SqlRow[]): Promise<boolean> {
  const entry = await documentIn(context);
  if (entry === undefined || holds(context, entry, rows)) return false;
  if (rows.length === 0 && !isProjection(entry)) return false;
  const readAt = context.now();
  const fresh = await rowsOf(context.db);
  if (holds(context, entry, fresh)) return false;
  await project(context, fresh, { readAt, contended: true, verify: true });
  return true;
}

export async function rowsOf(db: D1Database): Promise<SqlRow[]> {
  const { sql, params } = readFlags();
  return (await db.query(sql, params)).rows;
}

export async function documentIn({ kv }: Pick<D1Context, 'kv'>) {
  return (await kv.getMany([FLAGS_KEY])).get(FLAGS_KEY);
}

/** Whether a document was made of rows, and so is not the operator's own. */
export function isProjection({ expiration, metadata }: KvEntry<string>): boolean {
  return expiration !== null && typeof fieldsOf(metadata).version === 'number';
}

async function put({ kv, now }: D1Context, rows: readonly SqlRow[]): Promise<void> {
  const { document, metadata } = projectFlags(rows, now());
  const value = JSON.stringify(document);
  await kv.put({ name: FLAGS_KEY, value, metadata, expiration: null, ttl: FLAGS_CACHE_TTL });
}

/** Whether a document says what rows say, for long enough: one that does not expire hides later changes. */
function holds(
  { now }: D1Context,
  entry: KvEntry<string> | undefined,
  rows: readonly SqlRow[],
): boolean {
  if (entry === undefined || entry.expiration === null) return false;
  const document = parseDocument(entry.value);
  if (typeof document === 'string') return false;
  const wanted = projectFlags(rows, now());
  const print = (flags: Record<string, unknown>, metadata: unknown) =>
    fingerprint(resolved(settingsOf(flags, metadata), now()));
  return print(document, entry.metadata) === print(wanted.document, wanted.metadata);
}

function notProjected(error: unknown): GoblinError {
  const why = error instanceof Error ? error.message : String(error);
  const isInterrupted = error instanceof GoblinError && error.outcome === 'interrupted';
  return new GoblinError(
    isInterrupted ? 'interrupted' : 'partial',
    'not_projected',
    `the flags are stored in D1, but KV may not hold them yet, and edges read KV: ${why}`,
    {
      hint: 'Run `goblin flags list`, which writes them to KV. Without it, edges follow within 5 minutes.',
      retryable: true,
      requestId: error instanceof GoblinError ? error.requestId : undefined,
      cause: error,
    },
  );
}
