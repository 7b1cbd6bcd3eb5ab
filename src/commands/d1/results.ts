/** What statements answered, in the format of the run. Columns are those of the statement. */
import type { D1RawResult } from '../../api/d1-shapes.ts';
import type { Context } from '../../context.ts';
import type { AnyColumn, AnyRow, Column } from '../../output/columns.ts';

type Row = Record<string, unknown>;

/** One result as a list; several, in a machine format, as rows that name their statement. */
export async function printResults(
  context: Context,
  results: readonly D1RawResult[],
): Promise<void> {
  const shown = results
    .map((result, index) => ({ ...result, statement: index + 1 }))
    .filter(({ columns }) => columns.length > 0);
  if (context.format !== 'table' && shown.length > 1) {
    const rows = shown.flatMap(({ statement, ...result }) =>
      rowsOf(result).map((row) => ({ statement, row })),
    );
    await context.output.list(SEVERAL, rows);
    return;
  }
  if (shown.length === 0 && context.format !== 'table') await context.output.list([], []);
  for (const { statement, ...result } of shown) {
    if (shown.length > 1) await context.log.note(`Statement ${statement}:`);
    await context.output.list(columnsOf(result), rowsOf(result), { empty: 'No rows.' });
  }
}

const SEVERAL: readonly Column<{ statement: number; row: object }>[] = [
  { name: 'statement', kind: 'number' },
  { name: 'row', kind: 'json' },
];

/** `id` and `id_2` for two columns of the same name. */
function namesOf({ columns }: Pick<D1RawResult, 'columns'>): string[] {
  const names: string[] = [];
  for (const column of columns) {
    let name = column;
    for (let number = 2; names.includes(name); number++) name = `${column}_${number}`;
    names.push(name);
  }
  return names;
}

/** By what is in a column: numbers, texts, or some of each. */
function columnsOf(result: Pick<D1RawResult, 'columns' | 'rows'>): readonly Column<Row>[] {
  const columns = namesOf(result).map((name, index): AnyColumn => {
    const cells = result.rows.map((row) => row[index]).filter((cell) => cell !== null);
    if (cells.every((cell) => typeof cell !== 'number')) return { name, kind: 'text' };
    return { name, kind: cells.every((cell) => typeof cell === 'number') ? 'number' : 'json' };
  });
  return columns as unknown as readonly Column<Row>[];
}

function rowsOf(result: Pick<D1RawResult, 'columns' | 'rows'>): AnyRow[] {
  const names = namesOf(result);
  return result.rows.map((row) =>
    Object.fromEntries(names.map((name, index) => [name, cellOf(row[index])])),
  );
}

/** A BLOB comes as an array of its bytes. */
function cellOf(cell: unknown): unknown {
  return Array.isArray(cell) ? `x'${Buffer.from(cell).toString('hex')}'` : cell;
}
