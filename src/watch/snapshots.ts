/** A watch for scripts: a line of JSON for each refresh. */
import type { Context } from '../context.ts';
import type { Io } from '../io/streams.ts';
import { machineFields } from '../output/cell.ts';
import { type AnyRow, anyColumns } from '../output/columns.ts';
import { errorJson } from '../output/errors.ts';
import type { Output } from '../output/output.ts';
import { jsonText } from '../output/text.ts';
import { timestamp } from '../output/time.ts';
import type { Stage } from './stage.ts';
import type { View } from './watch.ts';

interface Options {
  io: Io;
  context: Context;
  stage: Stage;
}

/**
 * Writes `{"at","requests","rows"}` a refresh: when it was read (RFC 3339), the requests that it took, and the rows
 * as `-o json` has them. A refresh that fails writes its error to stderr instead.
 */
export function snapshots({ io, context, stage }: Options): View {
  let rows: AnyRow[] = [];
  let requests = 0;
  const tell = () => io.stderr.write(stage.take().said);
  return {
    context: { ...context, output: collecting(context.output, (row) => rows.push(row)) },
    async refreshed() {
      await tell();
      const used = context.usage.requests - requests;
      await io.stdout.write(
        `${jsonText({ at: timestamp(context.now()), requests: used, rows })}\n`,
      );
      begin();
    },
    async failed(error) {
      await tell();
      await io.stderr.write(errorJson(error));
      begin();
    },
    close: tell,
  };

  function begin(): void {
    rows = [];
    requests = context.usage.requests;
  }
}

function collecting(output: Output, take: (row: AnyRow) => void): Output {
  return {
    ...output,
    async list(columns, rows) {
      let count = 0;
      for await (const row of rows) {
        take(machineFields(anyColumns(columns), row as AnyRow));
        count++;
      }
      return count;
    },
    async one(columns, row) {
      take(machineFields(anyColumns(columns), row as AnyRow));
    },
  };
}
