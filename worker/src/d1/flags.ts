/** Flags of D1, their source of truth, where KV does not hold the document that is made of them. */
import { FLAGS_CACHE_TTL, FLAGS_KEY } from '../../../src/shards/flags.ts';
import { type Projection, projectFlags } from '../../../src/tables/flag-projection.ts';
import { readFlags } from '../../../src/tables/flags.ts';
import type { Call } from '../call.ts';
import { background, write } from '../kv.ts';
import { D1_FLAGS_MS, FLUSH_MS } from '../limits.ts';
import { ask, isAhead } from './database.ts';

/** A database without flags says nothing about them: there, the document in KV is the operator's own. */
const NONE: Projection = { document: {}, metadata: { version: 0, timers: {} } };

/** What D1 had last, and until when it holds. */
let last: Projection | undefined;
let holdsUntil = 0;

/**
 * All flags, which also become the document in KV for five minutes; undefined without a database.
 * @throws where D1 does not tell: what was known before goes on to hold.
 */
export async function flagsOfDatabase(call: Call): Promise<Projection | undefined> {
  const { DB } = call.env;
  if (!DB || (last && isAhead(holdsUntil, D1_FLAGS_MS))) return DB && last;
  // At once, so that those who come meanwhile do not ask too.
  holdsUntil = Date.now() + D1_FLAGS_MS;
  try {
    last = await readProjection(DB);
  } catch (error) {
    holdsUntil = 0;
    throw error;
  }
  if (last !== NONE) background(call, project(call, DB, last));
  return last;
}

async function readProjection(db: D1Database): Promise<Projection> {
  const [result] = await ask(db, [readFlags()]);
  return result?.results.length ? projectFlags(result.results, Date.now()) : NONE;
}

/**
 * Writes the document. An operator writes D1 first and KV then; who does so between our read and our write would
 * have the new document replaced by the old one. A second read tells, and the new one is written again.
 */
async function project(call: Call, db: D1Database, projection: Projection): Promise<void> {
  const { document, metadata } = projection;
  const text = JSON.stringify(document);
  if (!(await write(call, 'flags', FLAGS_KEY, text, metadata, FLAGS_CACHE_TTL))) return;
  const now = await readProjection(db);
  if (JSON.stringify(now) === JSON.stringify(projection)) return;
  last = now;
  // KV takes one write per key and second.
  await scheduler.wait(FLUSH_MS);
  await project(call, db, now);
}
