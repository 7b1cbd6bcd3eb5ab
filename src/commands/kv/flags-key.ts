/** Edits of the flags' key by hand: they follow the rules of `goblin flags`, so that other runs notice them. */
import type { Context } from '../../context.ts';
import { GoblinError, interrupted } from '../../contract/errors.ts';
import { encodeMetadata, parseDocument } from '../../flags/kv/document.ts';
import { editsAfter, newEditId } from '../../flags/kv/stored.ts';
import { resolved, settingsOf } from '../../flags/settings.ts';
import { SETTLE_MS } from '../../flags/store.ts';
import type { KvStore } from '../../kv/namespace.ts';
import { FLAGS_KEY } from '../../shards/flags.ts';
import type { KvEntry, KvWrite } from '../../shards/kv-key.ts';
import { fieldsOf } from '../../shards/summary.ts';
import { confirmLockout, isLockout } from '../flags/lockout.ts';
import { isInDatabase, openFlags } from '../flags/stored.ts';
import type { PutOptions } from './expiry-options.ts';

/** What is stored beside a value; the metadata of the flags gets the id of this edit. */
export function withEditId(name: string, stored: PutOptions): PutOptions {
  const { metadata } = stored;
  const fields = fieldsOf(metadata);
  if (name !== FLAGS_KEY || (metadata !== null && metadata !== fields)) return stored;
  const { edits, ...other } = fields;
  const ids = editsAfter(Array.isArray(edits) ? edits.map(String) : [], newEditId());
  return { ...stored, metadata: encodeMetadata(new Map(), other, ids) };
}

/** Warns before the flags' key is written by hand where it is only the copy of a database. */
export async function warnOfCopy(context: Context, name: string): Promise<void> {
  if (name !== FLAGS_KEY || !(await isInDatabase(context))) return;
  // A database that cannot be read is no reason not to write KV.
  const stored = await (await openFlags(context)).read().catch(() => null);
  if (stored?.source !== 'd1' || stored.rows.size === 0) return;
  await context.log.warn(
    `${FLAGS_KEY} is a copy of the flags in D1: the next refresh or flags command replaces it; ` +
      'change flags with `goblin flags set`',
  );
}

/**
 * Asks before a pair is written over the flags that turns the API off for somebody.
 * @throws {GoblinError} `not_confirmed`, exit 6
 */
export async function confirmFlags(context: Context, { value, metadata }: KvWrite): Promise<void> {
  const document = parseDocument(Buffer.from(value).toString());
  const now = context.now();
  const before = resolved((await (await openFlags(context)).read()).settings, now);
  // The edge takes the defaults for what it cannot read, and by default the API is on.
  const settings = settingsOf(typeof document === 'string' ? {} : document, metadata);
  const change = { before, after: resolved(settings, now) };
  if (!isLockout(change, now)) return;
  const lines = [`${FLAGS_KEY}: replaced by the imported document`];
  await confirmLockout(context, { ...change, lines });
}

type Entry = KvEntry<Uint8Array>;

interface Written {
  before: Entry;
  bytes: Uint8Array;
  stored: PutOptions;
  /** Milliseconds from the read before to the end of the write. */
  took: number;
  verify: boolean;
}

/**
 * Looks again, once every edit is there that was under way at the time of this one.
 * @throws {GoblinError} `concurrent_edit`, exit 1, if the document is not as it was written; `late_write`,
 *   exit 5, if this run took longer than others wait for it
 */
export async function checkFlags(context: Context, kv: KvStore, written: Written): Promise<void> {
  if (written.verify) await lookAgain(context, kv, written);
  if (written.took <= SETTLE_MS) return;
  throw new GoblinError(
    'partial',
    'late_write',
    'the flags are stored, but it took so long that an edit made meanwhile may have been replaced',
    { hint: LOOK },
  );
}

const LOOK = 'Look with `goblin flags list` whether all is as it should be.';

async function lookAgain(context: Context, kv: KvStore, { before, bytes, stored }: Written) {
  await context.sleep(SETTLE_MS, context.signal);
  if (context.signal.aborted) {
    throw interrupted('interrupted: the flags are written, but not checked for other edits');
  }
  const found = await kv.getWhole(FLAGS_KEY);
  if (found && sameText(found, { value: bytes, metadata: stored.metadata })) return;
  if (found && sameValue(found, before)) {
    await context.log.note('KV does not show the change yet; look again in a minute.');
    return;
  }
  const message = 'another edit of the flags came at the same time; this one may be gone';
  throw new GoblinError('failed', 'concurrent_edit', message, { hint: LOOK, retryable: true });
}

export function sameValue(a: Entry, b: Entry): boolean {
  return a.expiration === b.expiration && sameText(a, b);
}

type Text = Pick<Entry, 'value' | 'metadata'>;

function sameText(a: Text, b: Text): boolean {
  const sameMetadata = JSON.stringify(a.metadata) === JSON.stringify(b.metadata);
  return sameMetadata && Buffer.from(a.value).equals(b.value);
}
