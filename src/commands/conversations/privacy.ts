/**
 * What users said is hidden on a terminal, where others may look on, in every format, until `--reveal`. A pipe or
 * a file gets it.
 */
import type { Context } from '../../context.ts';
import type { Shown } from '../../output/columns.ts';

export function isHidden({ io }: Context, reveal: true | undefined): boolean {
  return io.stdout.isTTY && !reveal;
}

/** A row whose `problem` does not quote the value. */
export function discreet<Row>(row: Shown<Row>): Shown<Row> {
  return row.problem === undefined ? row : { ...row, problem: 'cannot be read; --reveal shows it' };
}
