import { isUtf8 } from 'node:buffer';
import type { Context } from '../../context.ts';
import { GoblinError, usageError } from '../../contract/errors.ts';
import { expirationOf } from '../../kv/expiry.ts';
import type { KvStore } from '../../kv/namespace.ts';
import { changing } from '../../plan/audit.ts';
import { FLAGS_KEY } from '../../shards/flags.ts';
import { maskKey } from '../../shards/handle.ts';
import type { KvEntry } from '../../shards/kv-key.ts';
import { shellWord } from '../../text/shell-word.ts';
import { type Declare, describe } from '../command.ts';
import { addVerify } from '../flags/write.ts';
import { createDraft, type Draft } from './draft.ts';
import { reportEdit } from './edit-report.ts';
import {
  addExpiryOptions,
  type ExpiryFlags,
  type PutOptions,
  putOptionsOf,
  withStored,
} from './expiry-options.ts';
import { checkFlags, sameValue, warnOfCopy, withEditId } from './flags-key.ts';
import { noSuchKey } from './get.ts';
import { oneKey } from './key-argument.ts';
import { KEY_COLUMNS, keyRow } from './key-row.ts';

/** An entry as it is edited. */
type Entry = KvEntry<Uint8Array>;

interface Flags extends ExpiryFlags {
  /** False: do not look for other edits of the flags. */
  verify?: boolean;
}

interface Options extends Flags {
  key: string;
}

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('edit <key>')
    .summary('change a value in your editor')
    .description(
      describe(
        'Opens a value in $VISUAL or $EDITOR and writes it back if it was changed. Expiry and metadata stay; JSON has to stay JSON; a change that somebody else made meanwhile is not overwritten. ' +
          `After a write of ${FLAGS_KEY} it checks whether an edit at the same time has replaced this one.`,
        [
          'goblin kv edit feature_flags',
          'EDITOR="code --wait" goblin kv edit cache:/models --ttl 5m',
        ],
      ),
    )
    .action((key: string, flags: Flags) => run(edit, { key, ...flags }));
  addVerify(addExpiryOptions(command));
};

/**
 * Edits one value.
 * @throws {GoblinError} exit 3 where there is no such key, 2 for bytes or for JSON that is no longer valid, 1
 *   if the key changed meanwhile; the edited text is then kept and its path told.
 */
export async function edit(
  context: Context,
  { key, verify = true, ...flags }: Options,
): Promise<void> {
  const given = putOptionsOf(flags, context.now());
  context.shareEngine();
  const kv = await context.kv();
  const name = await oneKey(context, kv, key);
  const before = await editable(kv, name);
  await warnOfCopy(context, name);
  withStored(given, before, context.now());
  const draft = await createDraft(before.value, isJson(before.value));
  try {
    const bytes = await edited(context, draft, isJson(before.value));
    if (bytes.equals(before.value) && Object.keys(given).length === 0) {
      await context.log.note('Nothing was changed.');
    } else {
      await write(context, kv, { name, before, bytes, given, verify });
    }
  } catch (error) {
    throw await keepingText(error, draft, before.value);
  }
  await draft.remove();
}

async function editable(kv: KvStore, name: string): Promise<Entry> {
  const entry = await kv.getWhole(name);
  if (!entry) throw noSuchKey(name);
  if (isUtf8(entry.value)) return entry;
  const key = shellWord(maskKey(name));
  throw usageError(
    'not_text',
    `the value is not text but ${entry.value.length} bytes`,
    `Use \`goblin kv get ${key} > file\` and \`goblin kv put ${key} @file\`.`,
  );
}

async function edited(context: Context, draft: Draft, mustBeJson: boolean): Promise<Buffer> {
  await context.edit(draft.path);
  const bytes = await draft.read();
  if (!mustBeJson || isJson(bytes)) return bytes;
  const prompt = await context.prompt();
  if (await prompt?.confirm('The value was JSON and no longer is. Edit it again?')) {
    return edited(context, draft, mustBeJson);
  }
  throw usageError('not_json', 'the value was JSON and no longer is; nothing was changed');
}

interface Edit {
  name: string;
  before: Entry;
  bytes: Buffer;
  given: Partial<PutOptions>;
  verify: boolean;
}

async function write(context: Context, kv: KvStore, edit: Edit) {
  const { name, before, bytes, given, verify } = edit;
  const readAt = context.now();
  const current = await kv.getWhole(name);
  if (!current || !sameValue(current, before)) throw changedMeanwhile(current);
  const stored = withEditId(name, withStored(given, current, context.now()));
  const subject = { target: name, details: { size: bytes.length } };
  const writtenAt = await changing(context, subject, async () => {
    await kv.put({ name, value: bytes, ...stored });
    return context.now();
  });
  if (name === FLAGS_KEY) {
    await checkFlags(context, kv, { before, bytes, stored, took: writtenAt - readAt, verify });
  }
  const key = { name, ...stored, expiration: expirationOf(stored, writtenAt) };
  await reportEdit(context, before, { value: bytes, expiration: key.expiration });
  await context.output.one(KEY_COLUMNS, keyRow(key, { now: context.now() }));
}

function changedMeanwhile(current: Entry | null): GoblinError {
  const what = current ? 'changed' : 'gone';
  const message = `the key is ${what} since you opened it; nothing was written`;
  return new GoblinError('failed', 'changed_meanwhile', message, { retryable: true });
}

/** Keeps the file with the edited text, and adds its path to the error. */
async function keepingText(error: unknown, draft: Draft, before: Uint8Array): Promise<unknown> {
  const bytes = await draft.read().catch(() => null);
  if (!(error instanceof GoblinError) || !bytes || bytes.equals(before)) {
    await draft.remove();
    return error;
  }
  const { outcome, code, message, hint, requestId } = error;
  const kept = `Your text is kept in ${draft.path}.`;
  return new GoblinError(outcome, code, message, {
    hint: hint ? `${hint} ${kept}` : kept,
    requestId,
    cause: error,
  });
}

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(Buffer.from(bytes).toString());
    return true;
  } catch {
    return false;
  }
}
