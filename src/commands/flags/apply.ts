import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import { readBasis } from '../../flags/edit.ts';
import { flagsWrite } from '../../flags/kv-store.ts';
import type { BulkReport } from '../../kv/bulk.ts';
import type { KvStore } from '../../kv/namespace.ts';
import { addPlanOptions, carryOut, type PlanFlags } from '../../plan/plan.ts';
import { type Declare, describe } from '../command.ts';
import { changeColumns } from './changes.ts';
import {
  addProposalOptions,
  movedOn,
  type Proposal,
  type ProposalOptions,
  propose,
} from './proposal.ts';
import { addVerify, WRITE_HELP, type WriteOptions, write } from './write.ts';

type Options = ProposalOptions & PlanFlags & WriteOptions;

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('apply <file>')
    .summary('make the flags what a file says')
    .description(
      describe(
        'Sets the flags as a file says, all in one write, after showing what changes. Flags that the file ' +
          'leaves out stay, unless --prune. A file with a fingerprint is refused (exit 1) once the stored ' +
          `flags are others than those it was exported from; one without is for any. ${WRITE_HELP}`,
        [
          'goblin flags export > flags.json',
          'goblin flags apply flags.json',
          'goblin flags apply flags.json --prune --yes',
        ],
      ),
    )
    .action((file: string, options: Omit<Options, 'file'>) => run(apply, { ...options, file }));
  addPlanOptions(addVerify(addProposalOptions(command)));
};

/** Applies a file, for three reads and a write. @throws {GoblinError} what `propose`, `carryOut` and `write` do */
export async function apply(context: Context, options: Options): Promise<void> {
  const proposal = await propose(context, options);
  if (proposal.moved && !options.replace) throw movedOn();
  flagsWrite(proposal.stored, proposal.after);
  await carryOut(
    context,
    {
      verb: ['change', 'changed'],
      noun: ['flag', 'flags'],
      columns: changeColumns(proposal.rows),
      keys: proposal.rows.map((row) => ({ key: row.flag, row })),
      cost:
        options.verify === false
          ? { requests: 2, operations: { read: 1, write: 1 } }
          : { requests: 3, operations: { read: 2, write: 1 } },
      apply: (kv) => applyReviewed(context, kv, proposal, options),
    },
    options,
  );
}

/** Writes what was shown, if what it was shown against is still there: a question may stand for long. */
async function applyReviewed(
  context: Context,
  kv: KvStore,
  { stored, after, named, rows }: Proposal,
  options: WriteOptions,
): Promise<BulkReport> {
  const basis = await readBasis({ kv, now: context.now });
  if (basis.stored.fingerprint !== stored.fingerprint) {
    throw new GoblinError('failed', 'flags_changed', 'the flags changed while this was reviewed', {
      hint: 'Nothing was written. Run the command again to see what it would change now.',
      retryable: true,
    });
  }
  await write(context, { basis, after, named }, options);
  const done = rows.map(({ flag }) => flag);
  return { done, failed: [], unknown: [], untried: [], stopped: null };
}
