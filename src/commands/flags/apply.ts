import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import { readBasis } from '../../flags/edit.ts';
import { flagsWrite } from '../../flags/kv-store.ts';
import { addPlanOptions, carryOut, type PlanFlags } from '../../plan/plan.ts';
import { allOf, type Change, type Step, type StepReport } from '../../plan/step.ts';
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
      steps: [applyStep(context, proposal, options)],
    },
    options,
  );
}

function applyStep(context: Context, proposal: Proposal, options: Options): Step {
  const changes = proposal.rows.map((row) => ({ id: String(row.flag), row }));
  const reads = options.verify === false ? 1 : 2;
  return {
    changes,
    cost: { requests: reads + 1, 'kv.read': reads, 'kv.write': 1 },
    apply: () => applyReviewed(context, proposal, changes, options),
  };
}

/** Writes what was shown, if what it was shown against is still there: a question may stand for long. */
async function applyReviewed(
  context: Context,
  { stored, after, named }: Proposal,
  changes: readonly Change[],
  options: WriteOptions,
): Promise<StepReport> {
  const basis = await readBasis({ kv: await context.kv(), now: context.now });
  if (basis.stored.fingerprint !== stored.fingerprint) {
    throw new GoblinError('failed', 'flags_changed', 'the flags changed while this was reviewed', {
      hint: 'Nothing was written. Run the command again to see what it would change now.',
      retryable: true,
    });
  }
  await write(context, { basis, after, named }, options);
  return allOf(changes, 'done');
}
