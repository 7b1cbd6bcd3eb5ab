/**
 * What users said is hidden where people look over shoulders and share screens: on a terminal, in every
 * format, until `--reveal`. A pipe or a file gets it, for whoever asks for the data there wants it.
 */
import type { Context } from '../../context.ts';
import type { Row } from '../../shards/shard.ts';

export function isHidden({ io }: Context, reveal: true | undefined): boolean {
  return io.stdout.isTTY && !reveal;
}

/** A row whose `problem` does not quote the value. */
export function discreet(row: Row): Row {
  return row.problem === undefined ? row : { ...row, problem: 'cannot be read; --reveal shows it' };
}
