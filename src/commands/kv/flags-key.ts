/** The flags document as one key: who edits it by hand keeps to the rules of `goblin flags`, too. */
import type { Context } from '../../context.ts';
import { GoblinError, interrupted } from '../../contract/errors.ts';
import { encodeMetadata } from '../../flags/document.ts';
import { SETTLE_MS } from '../../flags/edit.ts';
import { editsAfter, newEditId } from '../../flags/kv-store.ts';
import type { KvStore } from '../../kv/namespace.ts';
import { FLAGS_KEY } from '../../shards/flags.ts';
import type { KvEntry } from '../../shards/kv-key.ts';
import { fieldsOf } from '../../shards/summary.ts';
import type { Life } from './life.ts';

/** A key's life; the metadata of the flags gets the id of an edit, by which other runs notice this one. */
export function markedLife(name: string, life: Life): Life {
  const { metadata } = life;
  const fields = fieldsOf(metadata);
  if (name !== FLAGS_KEY || (metadata !== null && metadata !== fields)) return life;
  const { edits, ...other } = fields;
  const ids = editsAfter(Array.isArray(edits) ? edits.map(String) : [], newEditId());
  return { ...life, metadata: encodeMetadata(new Map(), other, ids) };
}

type Entry = KvEntry<Uint8Array>;

interface Written {
  before: Entry;
  bytes: Uint8Array;
  life: Life;
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

async function lookAgain(context: Context, kv: KvStore, { before, bytes, life }: Written) {
  await context.sleep(SETTLE_MS, context.signal);
  if (context.signal.aborted) {
    throw interrupted('interrupted: the flags are written, but not checked for other edits');
  }
  const found = await kv.getWhole(FLAGS_KEY);
  if (found && sameText(found, { value: bytes, metadata: life.metadata })) return;
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
