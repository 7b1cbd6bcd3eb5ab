import type { D1RawResult, D1Statement } from '../../api/d1-shapes.ts';
import type { Context } from '../../context.ts';
import { type GoblinError, usageError } from '../../contract/errors.ts';
import { judge } from '../../d1/judge.ts';
import { writeOnce } from '../../d1/receipt.ts';
import { splitStatements } from '../../d1/split.ts';
import { changing } from '../../plan/audit.ts';
import { plural } from '../../text/plural.ts';
import { type Declare, describe } from '../command.ts';
import { readValue } from '../kv/value-argument.ts';
import { tellBookmark } from './apply.ts';
import { printResults } from './results.ts';

type Param = string | number | null;

interface Options {
  sql: string;
  param: string[];
  params?: Param[];
  write?: true;
}

export const declare: Declare = (noun, run) => {
  noun
    .command('query <sql>')
    .summary('run SQL; read-only unless --write')
    .description(
      describe(
        'Runs SQL: text, - for stdin, @path for a file. Several statements are one transaction. What would write is ' +
          'refused unless --write is given, by what SQLite says that it would do. With several results, each row of ' +
          "the machine formats names its statement. A BLOB is shown in hexadecimal digits, as SQL writes it: x'0aff'. " +
          'A write leaves a receipt for a day in the table goblin_receipts, by which goblin finds out what became of ' +
          'a write whose answer was lost; it never sends one again.',
        [
          "goblin d1 query 'SELECT * FROM audit_logs WHERE user_id = ? LIMIT 5' --param u_1",
          'goblin d1 query @report.sql -o csv > report.csv',
          "goblin d1 query --write 'DELETE FROM sessions'",
        ],
      ),
    )
    .option('--param <value>', 'the text for the next question mark', collect, [])
    .option('--params <json>', 'all of them as a JSON array: texts, numbers, null', parseParams)
    .option('--write', 'allow statements that write')
    .action((sql: string, flags: Omit<Options, 'sql'>) => run(query, { ...flags, sql }));
};

const collect = (text: string, before: string[]) => [...before, text];

function parseParams(text: string): Param[] {
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    values = undefined;
  }
  const isParam = (value: unknown) => value === null || ['string', 'number'].includes(typeof value);
  if (Array.isArray(values) && values.every(isParam)) return values;
  throw usageError(
    'bad_params',
    'the parameters are no JSON array of texts, numbers and nulls',
    'Write --params \'["u_1", 42, null]\'.',
  );
}

/** @throws {GoblinError} `would_write` (exit 2) without --write; `not_applied` and as the database does */
export async function query(context: Context, options: Options): Promise<void> {
  const statements = await statementsOf(context, options);
  const database = await context.database();
  const writing = await judge(database, statements);
  const results = writing.includes(true)
    ? await write(context, statements, writing, options.write === true)
    : await database.raw(statements, 'read');
  if (results === null) {
    await context.log.warn('the answer was lost, but the database shows that all was applied');
    return;
  }
  await printResults(context, results);
  await context.log.note(costOf(results));
}

async function statementsOf(context: Context, options: Options): Promise<D1Statement[]> {
  const { param, params } = options;
  if (param.length > 0 && params) {
    throw usageError('conflicting_options', '--param and --params exclude each other', 'Pass one.');
  }
  const text = Buffer.from(await readValue(context, options.sql)).toString();
  const statements = splitStatements(text);
  if (statements.length === 0) throw usageError('no_sql', 'there is no statement', 'Write one.');
  const values = params ?? param;
  if (values.length > 0 && statements.length > 1) {
    throw usageError(
      'params_for_several',
      'parameters go with one statement, not with several',
      'Run them one by one.',
    );
  }
  return statements.map((sql) => (values.length > 0 ? { sql, params: values } : { sql }));
}

async function write(
  context: Context,
  statements: readonly D1Statement[],
  writing: readonly boolean[],
  allowed: boolean,
): Promise<D1RawResult[] | null> {
  if (!allowed) throw wouldWrite(statements, writing);
  context.refuseReadOnly('cannot write to the database');
  const database = await context.database();
  // Before the change: the bookmark is what takes it back.
  await context.announceTarget();
  await tellBookmark(context, database);
  const details = { statements: statements.length };
  return changing(context, { target: null, details }, () => writeOnce(database, statements));
}

function wouldWrite(statements: readonly D1Statement[], writing: readonly boolean[]): GoblinError {
  const number = writing.indexOf(true) + 1;
  const which = statements.length === 1 ? 'this' : `statement ${number} of ${statements.length}`;
  return usageError(
    'would_write',
    `${which} would write`,
    'Nothing was run. Pass --write to allow it.',
  );
}

function costOf(results: readonly D1RawResult[]): string {
  const sum = (name: 'rows_read' | 'rows_written') =>
    results.reduce((total, { meta }) => total + meta[name], 0);
  return `${plural(sum('rows_read'), 'row', 'rows')} read, ${plural(sum('rows_written'), 'row', 'rows')} written.`;
}
