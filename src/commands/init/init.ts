import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkedId } from '../../config/cloudflare-id.ts';
import { diskFiles } from '../../config/files.ts';
import { locate, pathFrom } from '../../config/locate.ts';
import type { Context } from '../../context.ts';
import { GoblinError, usageError } from '../../contract/errors.ts';
import { type Declare, describe } from '../command.ts';
import { type Bound, parseName, wranglerText } from './wrangler-text.ts';

interface Options extends Omit<Bound, 'account'> {
  print?: true;
}

interface GlobalFlags {
  binding?: string;
  namespaceId?: string;
  database?: string;
}

const FILE = 'wrangler.toml';

export const declare: Declare = (noun, run) => {
  noun
    .description(
      describe(
        'Writes a minimal wrangler.toml into this folder, which tells goblin (and wrangler) where the memory is: ' +
          '--namespace-id, --binding and --database are taken into it. A file that exists is never overwritten.',
        [
          'goblin init',
          'goblin init --print',
          'goblin init --namespace-id 0123456789abcdef0123456789abcdef --database goblin-assistant-db',
        ],
      ),
    )
    .option('--name <worker>', 'name of the edge Worker', parseName, 'goblin-edge')
    .option('--print', 'write it to stdout, and nothing else')
    .action((flags: { name: string; print?: true }) => {
      const { binding, namespaceId, database } = noun.optsWithGlobals<GlobalFlags>();
      return run(init, { ...flags, binding, namespaceId, database });
    });
};

/**
 * Prints or writes a wrangler file.
 * @throws {GoblinError} exit 2, `file_exists`, where the folder has one; exit 1 where it cannot be written
 */
export async function init(context: Context, { print, ...bound }: Options): Promise<void> {
  const account = checked(
    context.io.env.CLOUDFLARE_ACCOUNT_ID,
    'CLOUDFLARE_ACCOUNT_ID',
    'an account',
  );
  checked(bound.namespaceId, '--namespace-id', 'a KV namespace');
  const text = wranglerText({ ...bound, account });
  if (print) return context.io.stdout.write(text);
  context.refuseReadOnly(`cannot write ${FILE}`);
  const other = await presentFile(context);
  if (other?.isHere) throw exists(other.label);
  await write(join(context.io.cwd, FILE), text);
  if (other)
    await context.log.note(`From now on it is used in this folder, in place of ${other.label}.`);
  await context.log.note(`Wrote ${FILE}; \`goblin config show\` lists what it says.`);
  const isKnown = bound.namespaceId !== undefined;
  await context.log.note(
    isKnown
      ? 'Next: `goblin doctor`.'
      : 'Next: `goblin dev`, or add the id of the KV namespace to work on Cloudflare.',
  );
}

function checked(value: string | undefined, origin: string, what: string): string | undefined {
  return value ? checkedId({ value, origin }, what) : undefined;
}

/** The wrangler file that this folder uses already, its own or another folder's. */
async function presentFile({ io }: Context) {
  const found = await locate(diskFiles, io.cwd, undefined);
  if (!found) return undefined;
  return { label: pathFrom(io.cwd, found.path), isHere: found.home === io.cwd };
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw exists(FILE);
    throw new GoblinError('failed', 'unwritable_file', `cannot write ${path}: ${code}`, {
      hint: '`goblin init --print` writes it to stdout.',
      cause: error,
    });
  }
}

const exists = (label: string) =>
  usageError(
    'file_exists',
    `${label} exists, and is not overwritten`,
    '`goblin init --print` shows what a minimal one holds.',
  );
