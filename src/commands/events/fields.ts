/** `--fields`: the columns that are wanted, in that order. */
import type { Command } from 'commander';
import { usageError } from '../../contract/errors.ts';
import type { Column } from '../../shards/shard.ts';
import { suggest } from '../../text/nearest.ts';

export function addFieldsOption(command: Command, columns: readonly Column[]): Command {
  const names = columns.map(({ name }) => name);
  return command.option('--fields <names>', `of ${names.join(', ')}`, (text: string) =>
    text.split(',').map((name) => chosen(columns, name.trim())),
  );
}

function chosen(columns: readonly Column[], wanted: string): Column {
  const column = columns.find(({ name }) => name === wanted);
  // Asked for by name, it is shown to people too.
  if (column) return { name: column.name, kind: column.kind };
  const names = columns.map(({ name }) => name);
  throw usageError('bad_field', `there is no field "${wanted}"`, suggest(wanted, names));
}
