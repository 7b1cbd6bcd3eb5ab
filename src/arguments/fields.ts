/** `--fields`: the columns of a list that are wanted, in that order. */
import { type Command, Option } from 'commander';
import { usageError } from '../contract/errors.ts';
import type { Column } from '../output/columns.ts';
import { suggest } from '../text/nearest.ts';
import { offering } from './offered.ts';

export interface FieldsFlag<Row> {
  /** The columns that were asked for. */
  fields?: readonly Column<Row>[];
}

/**
 * Declares `--fields` of a list with these columns. A field is checked while the line is parsed, before anything
 * is done: one that is unknown is exit 2, with the nearest one.
 */
export function addFieldsOption<Row>(command: Command, columns: readonly Column<Row>[]): Command {
  const names = columns.map(({ name }) => name);
  const option = new Option('--fields <names>', `only these, of ${names.join(', ')}`).argParser(
    (text) => text.split(',').map((name) => chosen(columns, name.trim())),
  );
  return command.addOption(offering(option, names, { isList: true }));
}

/** The column of that name. It was asked for, so it is shown to people too, and not left out of a narrow table. */
function chosen<Row>(columns: readonly Column<Row>[], wanted: string): Column<Row> {
  const column = columns.find(({ name }) => name === wanted);
  if (!column) {
    const names = columns.map(({ name }) => name);
    throw usageError('bad_field', `there is no field "${wanted}"`, suggest(wanted, names));
  }
  const { machineOnly: _, role, ...rest } = column;
  return { ...rest, role: role === 'identifier' ? role : 'primary' } as Column<Row>;
}
