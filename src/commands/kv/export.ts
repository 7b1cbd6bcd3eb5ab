import type { Context } from '../../context.ts';
import { GoblinError, interrupted, usageError } from '../../contract/errors.ts';
import { slices } from '../../kv/bulk.ts';
import type { KvStore } from '../../kv/namespace.ts';
import type { KvKey } from '../../shards/kv-key.ts';
import { BULK_READ_KEYS } from '../../shards/kv-limits.ts';
import { identify, shards } from '../../shards/list.ts';
import { plural } from '../../text/plural.ts';
import { type Declare, describe } from '../command.ts';
import { formatLine } from './entry-line.ts';
import { exportPlace } from './export-place.ts';
import { keepHeapSmall } from './small-heap.ts';
import { resumable } from './walk.ts';

interface Options {
  prefix: string;
  cursor?: string;
  resumeFile?: string;
  reveal?: true;
  secrets: boolean;
}

export const declare: Declare = (noun, run) => {
  noun
    .command('export [prefix]')
    .summary('keys with values as NDJSON')
    .description(
      describe(
        'Writes keys with value, expiry and metadata as NDJSON, a line each, for `kv import` and for `wrangler kv bulk put`. ' +
          'Session tokens are bearer secrets: sessions are left out, and told, unless --reveal asks for them. ' +
          'With --resume-file the same command goes on after any end, kill -9 included. Append to a file (>>): ' +
          'what was written after the saved place is cut off. A pipe cannot be cut: up to 1,000 lines may come ' +
          'twice there, the same lines unless the keys changed.',
        [
          'goblin kv export > memory.ndjson',
          'goblin kv export conversation: | gzip > conversations.ndjson.gz',
          'goblin kv export --resume-file place.json >> memory.ndjson   # again after an end',
        ],
      ),
    )
    .option('--reveal', 'sessions too, with their tokens')
    .option('--no-secrets', 'leave sessions out without a warning')
    .option('--cursor <cursor>', 'go on where an export ended')
    .option('--resume-file <path>', 'keep the place in a file, and go on from it')
    .action((prefix: string | undefined, flags: Omit<Options, 'prefix'>) =>
      run(exportKeys, { prefix: prefix ?? '', ...flags }),
    );
};

/** Exports page by page: memory holds one page of 1,000 keys, however many there are. */
export async function exportKeys(context: Context, options: Options): Promise<void> {
  refuseUnclear(context, options);
  keepHeapSmall();
  const kv = await context.kv();
  const place = await exportPlace(context, kv, options);
  let { cursor, exported } = place;
  let secrets = 0;
  const progress = context.log.progress('exported');
  try {
    for await (const page of kv.pages({ prefix: options.prefix, ...(cursor ? { cursor } : {}) })) {
      const open = options.reveal ? page.keys : page.keys.filter(({ name }) => !isSecret(name));
      secrets += page.keys.length - open.length;
      const lines = await writePage(context, kv, open);
      refuseLeft(context);
      exported += lines;
      cursor = page.cursor;
      if (cursor) await place.save({ cursor, exported });
      await progress.update(exported);
    }
    await place.finish();
  } catch (error) {
    throw options.resumeFile === undefined ? resumable(error, cursor) : again(error);
  } finally {
    await progress.end();
  }
  await context.log.note(`${exported.toLocaleString('en-US')} keys exported.`);
  if (secrets > 0 && options.secrets) {
    await context.log.warn(
      `${plural(secrets, 'session', 'sessions')} left out, for each key is a bearer secret: --reveal exports them`,
    );
  }
}

/**
 * After Ctrl-C, or once the reader has left, nobody knows whether the last page has arrived: Ctrl-C ends
 * everything in a pipeline at once. So the place stays before it.
 */
function refuseLeft({ signal, io }: Context): void {
  if (signal.aborted || io.stdoutClosed.aborted) throw interrupted();
}

function again(error: unknown): unknown {
  if (!(error instanceof GoblinError) || error.outcome === 'usage') return error;
  return error.with({ hint: 'Run the same command again to go on.', retryable: true });
}

function refuseUnclear({ format }: Context, { prefix, reveal, cursor, resumeFile }: Options): void {
  if (format !== 'table' && format !== 'ndjson') {
    throw usageError('bad_format', `export writes NDJSON, not ${format}`, 'Leave the format out.');
  }
  if (cursor !== undefined && resumeFile !== undefined) {
    throw usageError(
      'conflicting_options',
      '--cursor and --resume-file exclude each other',
      'Pass one.',
    );
  }
  const secret = shards.find((shard) => shard.secretKey && prefix.startsWith(shard.prefix));
  if (!secret || reveal) return;
  throw usageError(
    'secrets',
    `each key of ${secret.name} is a bearer secret`,
    'Pass --reveal to export them.',
  );
}

function isSecret(key: string): boolean {
  return identify(key)?.shard.secretKey === true;
}

/** @returns how many were still there */
async function writePage(
  { output }: Context,
  kv: KvStore,
  keys: readonly KvKey[],
): Promise<number> {
  const batches = await Promise.all(
    slices(keys, BULK_READ_KEYS).map((batch) => linesOf(kv, batch)),
  );
  await output.raw(Buffer.concat(batches.map(({ bytes }) => bytes)));
  return batches.reduce((sum, { count }) => sum + count, 0);
}

/** Lines as bytes, so that until a page is written no more than that is held of it. */
async function linesOf(kv: KvStore, keys: readonly KvKey[]) {
  const entries = await kv.getManyExact(keys.map(({ name }) => name));
  const lines = keys.flatMap((key) => {
    const entry = entries.get(key.name);
    return entry ? [formatLine({ ...key, value: entry.value })] : [];
  });
  return { bytes: Buffer.from(lines.join('')), count: lines.length };
}
