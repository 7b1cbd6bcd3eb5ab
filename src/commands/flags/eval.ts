import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { usageError } from '../../contract/errors.ts';
import type { Column } from '../../output/columns.ts';
import { type Declare, describe } from '../command.ts';
import { type Evaluation, evaluate } from './evaluation.ts';
import { requireKnown } from './names.ts';
import { look } from './stored.ts';
import { addSubjectOptions, type SubjectFlags, subjectOf } from './subject.ts';

interface Options {
  flag: string;
  subject: string | null;
}

export const declare: Declare = (noun, run) => {
  const command: Command = noun
    .command('eval <flag>')
    .summary('what a flag is for one user, and why')
    .description(
      describe(
        'What the edge makes of a flag for one user or address, and the reason: STATIC (set for all), ' +
          'SPLIT (by percentage), TIMER (set until a time), DEFAULT (not set), INVALID (stored wrongly).',
        [
          'goblin flags eval new_ui_enabled --user u_42',
          'goblin flags eval new_ui_enabled --ip ::1',
        ],
      ),
    )
    .action((flag: string, flags: SubjectFlags) =>
      run(evalFlag, { flag, subject: subjectOf(flags) }),
    );
  addSubjectOptions(command);
};

const COLUMNS: readonly Column<Evaluation & { flag: string }>[] = [
  { name: 'flag', kind: 'text', role: 'identifier' },
  { name: 'value', kind: 'boolean', tone: (value) => (value ? 'good' : 'quiet') },
  { name: 'reason', kind: 'text' },
  { name: 'subject', kind: 'text' },
  { name: 'set_to', kind: 'flag' },
  { name: 'position', kind: 'number' },
  { name: 'until', kind: 'time' },
  { name: 'problem', kind: 'text' },
];

/** Evaluates as the edge does. @throws {GoblinError} exit 2 for a percentage without a subject */
export async function evalFlag(context: Context, { flag, subject }: Options): Promise<void> {
  const { settings } = await look(context);
  requireKnown([flag], settings);
  const result = evaluate(flag, settings.get(flag), subject, context.now());
  if (result.value === null) throw needsSubject(flag, result.set_to);
  await context.output.one(COLUMNS, { flag, ...result });
}

function needsSubject(flag: string, percent: unknown) {
  return usageError(
    'no_subject',
    `${flag} is on for ${percent}% of users, so it depends on who asks`,
    'Pass --user, or --ip for a caller without a session.',
  );
}
