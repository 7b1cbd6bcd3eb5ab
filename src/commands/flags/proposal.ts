/** What applying a flags file would change: shared by `plan`, which shows it, and `apply`. */
import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import {
  defaultOf,
  resolved,
  type Settings,
  unsetSetting,
  withSetting,
} from '../../flags/settings.ts';
import type { StoredFlags } from '../../flags/store.ts';
import { FLAGS_KEY } from '../../shards/flags.ts';
import { CHANGE_IN_WORDS, type ChangeRow, changeRows } from './changes.ts';
import { type FlagsFile, parseFlagsFile } from './file.ts';
import { fileText } from './file-text.ts';
import { checkNewName } from './names.ts';
import { look, refuseBroken } from './stored.ts';

export interface ProposalOptions {
  file: string;
  /** Also take out what the file leaves out. */
  prune?: boolean;
  /** Even if the stored flags are broken or have changed. */
  replace?: boolean;
}

export interface Proposal {
  stored: StoredFlags;
  after: Settings;
  /** The flags of the file. */
  named: readonly string[];
  rows: ChangeRow[];
  /** The stored flags have changed since the file was exported, and there is something to change. */
  moved: boolean;
}

export function addProposalOptions(command: Command): Command {
  return command
    .option('--prune', 'unset the flags that the file leaves out')
    .option('--replace', 'even where the stored flags are broken, or changed since the export');
}

/** @throws {GoblinError} exit 2 for a file that is not valid, 1 for stored flags that are broken */
export async function propose(context: Context, options: ProposalOptions): Promise<Proposal> {
  const name = options.file === '-' ? 'stdin' : options.file;
  const now = context.now();
  const file = parseFlagsFile(await fileText(context.io, options.file), name, now);
  const stored = await look(context);
  if (!options.replace) refuseBroken(stored);
  const before = resolved(stored.settings, now);
  checkNewNames(before, file);
  const after = merged(before, file, options.prune ?? false);
  const rows = changeRows(before, after, now);
  const isLeft = file.fingerprint !== null && file.fingerprint !== stored.fingerprint;
  return {
    stored,
    after,
    named: [...file.settings.keys()],
    rows: rows.length === 0 ? rewriteRow(stored) : rows,
    moved: isLeft && rows.length > 0,
  };
}

function checkNewNames(before: Settings, file: FlagsFile): void {
  for (const flag of file.settings.keys()) {
    if (!before.has(flag) && defaultOf(flag) === null) checkNewName(flag);
  }
}

function merged(before: Settings, file: FlagsFile, prune: boolean): Settings {
  const left = [...before.keys()].filter((flag) => !file.settings.has(flag));
  const kept = new Map([...before, ...file.settings]);
  if (!prune) return kept;
  return left.reduce<Settings>((all, flag) => withSetting(all, flag, unsetSetting(flag)), kept);
}

const NOTHING = {
  from: null,
  from_until: null,
  from_then: null,
  to: null,
  to_until: null,
  to_then: null,
  [CHANGE_IN_WORDS]: 'rewritten',
};

/** The flags are as they should be, but the document is not: it expires, or cannot be read. */
function rewriteRow({ expiration, problem }: StoredFlags): ChangeRow[] {
  const isSound = expiration === null && problem === null;
  return isSound ? [] : [{ ...NOTHING, flag: FLAGS_KEY, change: 'rewrite' }];
}

/** The refusal of a file whose flags have changed since its export. */
export function movedOn(): GoblinError {
  return new GoblinError(
    'failed',
    'flags_changed',
    'the stored flags have changed since this file was exported',
    {
      hint: 'Export them again with `goblin flags export`, or apply the file with --replace.',
    },
  );
}
