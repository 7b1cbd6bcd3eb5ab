import { sumOf } from '../../api/usage.ts';
import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import type { FlagChange } from '../../flags/store.ts';
import { addPlanOptions, carryOut, type PlanFlags } from '../../plan/plan.ts';
import { allOf, type Change, type Step, type StepReport } from '../../plan/step.ts';
import { type Declare, describe } from '../command.ts';
import { type ChangeRow, changeColumns, SAMPLE_COLUMNS } from './changes.ts';
import {
  addProposalOptions,
  movedOn,
  type Proposal,
  type ProposalOptions,
  propose,
} from './proposal.ts';
import { openFlags } from './stored.ts';
import { addWriteOptions, WRITE_HELP, type WriteOptions, write } from './write.ts';

type Options = ProposalOptions & PlanFlags & WriteOptions;

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('apply <file>')
    .summary('make the flags what a file says')
    .description(
      describe(
        'Sets the flags as a file says, all in one write, after showing what changes. Flags that the file ' +
          'leaves out stay, unless --prune. A file with a fingerprint is refused (exit 1) if the stored ' +
          `flags have changed since it was exported; one without is always applied. ${WRITE_HELP}`,
        [
          'goblin flags export > flags.json',
          'goblin flags apply flags.json',
          'goblin flags apply flags.json --prune --yes',
        ],
      ),
    )
    .action((file: string, options: Omit<Options, 'file'>) => run(apply, { ...options, file }));
  addPlanOptions(addWriteOptions(addProposalOptions(command)));
};

/** Applies a file with three reads and a write. @throws {GoblinError} what `propose`, `carryOut` and `write` throw */
export async function apply(context: Context, options: Options): Promise<void> {
  const proposal = await propose(context, options);
  if (proposal.moved && !options.replace) throw movedOn();
  const change = proposal.stored.change(proposal.after, proposal.named);
  await carryOut(
    context,
    {
      verb: ['change', 'changed'],
      noun: ['flag', 'flags'],
      columns: changeColumns(proposal.rows),
      sampleColumns: SAMPLE_COLUMNS,
      steps: [applyStep(context, proposal, change, options)],
    },
    options,
  );
}

function applyStep(
  context: Context,
  proposal: Proposal,
  change: FlagChange,
  options: Options,
): Step<ChangeRow> {
  const changes = proposal.rows.map((row) => ({ id: row.flag, row }));
  return {
    changes,
    // The flags are read again once the plan is confirmed.
    cost: sumOf([proposal.stored.readCost, change.cost({ verify: options.verify ?? true })]),
    apply: () => applyReviewed(context, proposal, changes, options),
  };
}

/** Writes what was shown if the flags are still the same: the question may have stood for long. */
async function applyReviewed(
  context: Context,
  { stored, after, named }: Proposal,
  changes: readonly Change<ChangeRow>[],
  options: WriteOptions,
): Promise<StepReport> {
  const fresh = await (await openFlags(context)).read();
  if (fresh.fingerprint !== stored.fingerprint) {
    throw new GoblinError('failed', 'flags_changed', 'the flags changed while this was reviewed', {
      hint: 'Nothing was written. Run the command again to see what it would change now.',
      retryable: true,
    });
  }
  await write(context, { stored: fresh, after, change: fresh.change(after, named) }, options);
  return allOf(changes, 'done');
}
