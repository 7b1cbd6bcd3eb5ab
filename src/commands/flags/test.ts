import { addFieldsOption, type FieldsFlag } from '../../arguments/fields.ts';
import type { Context } from '../../context.ts';
import { GoblinError, usageError } from '../../contract/errors.ts';
import type { Settings } from '../../flags/settings.ts';
import type { Column } from '../../output/columns.ts';
import type { FlagValue } from '../../shards/flag-value.ts';
import { type Declare, describe } from '../command.ts';
import { evaluate } from './evaluation.ts';
import { requireKnown } from './names.ts';
import { look } from './stored.ts';
import { addSubjectOptions, type SubjectFlags, subjectOf } from './subject.ts';
import { inEffect, parseFlagValue } from './value.ts';

interface Expectation {
  flag: string;
  expected: FlagValue;
}

interface ComparedRow {
  flag: string;
  expected: FlagValue;
  /** Null where it depends on the user. */
  actual: FlagValue | null;
  result: 'ok' | 'differs';
  problem: string | null;
}

const COLUMNS: readonly Column<ComparedRow>[] = [
  { name: 'flag', kind: 'text', role: 'identifier' },
  { name: 'expected', kind: 'flag' },
  { name: 'actual', kind: 'flag' },
  {
    name: 'result',
    kind: 'text',
    fixed: true,
    tone: (result) => (result === 'ok' ? 'good' : 'bad'),
  },
  { name: 'problem', kind: 'text' },
];

interface Options extends FieldsFlag<ComparedRow> {
  expectations: Expectation[];
  subject: string | null;
}

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('test <name=value...>')
    .summary('check flags in a pipeline: exit 8 where one differs')
    .description(
      describe(
        'Compares flags with what is expected of them, and is exit 8 where one differs. With --user or --ip ' +
          'it compares what that caller gets; otherwise what is set for all.',
        [
          'goblin flags test api_enabled=true new_ui_enabled=25',
          'goblin flags test new_ui_enabled=true --user u_42',
        ],
      ),
    )
    .action((words: string[], { fields, ...flags }: SubjectFlags & FieldsFlag<ComparedRow>) =>
      run(test, {
        expectations: words.map(parseExpectation),
        subject: subjectOf(flags),
        ...(fields && { fields }),
      }),
    );
  addFieldsOption(addSubjectOptions(command), COLUMNS);
};

/** @throws {GoblinError} exit 8 if a flag is not as expected, 3 if there is no such flag */
export async function test(
  context: Context,
  { expectations, subject, fields }: Options,
): Promise<void> {
  if (subject !== null) refusePercentages(expectations);
  const { settings } = await look(context);
  requireKnown(
    expectations.map(({ flag }) => flag),
    settings,
  );
  const rows = expectations.map((each) => compare(each, settings, subject, context.now()));
  await context.output.list(fields ?? COLUMNS, rows);
  const differing = rows.filter(({ result }) => result === 'differs').length;
  if (differing === 0) return;
  const message = `${differing} of ${rows.length} flags differ from what was expected`;
  throw new GoblinError('difference', 'flags_differ', message);
}

function compare(
  { flag, expected }: Expectation,
  settings: Settings,
  subject: string | null,
  now: number,
): ComparedRow {
  const { value, set_to, problem } = evaluate(flag, settings.get(flag), subject, now);
  const actual = subject === null ? set_to : value;
  const isSame = actual !== null && inEffect(actual) === inEffect(expected);
  return { flag, expected, actual, result: isSame ? 'ok' : 'differs', problem };
}

function parseExpectation(word: string): Expectation {
  const at = word.lastIndexOf('=');
  if (at > 0) return { flag: word.slice(0, at), expected: parseFlagValue(word.slice(at + 1)) };
  throw usageError(
    'bad_expectation',
    `"${word}" is not a valid expectation`,
    'Write name=value, for example new_ui_enabled=true.',
  );
}

function refusePercentages(expectations: readonly Expectation[]): void {
  const percentage = expectations.find(({ expected }) => typeof expected === 'number');
  if (percentage === undefined) return;
  throw usageError(
    'bad_expectation',
    `${percentage.flag}=${percentage.expected}: one caller gets true or false, not a percentage`,
    'Leave out --user and --ip to compare what is set for all.',
  );
}
