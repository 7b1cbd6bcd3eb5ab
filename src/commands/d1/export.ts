import { resolve } from 'node:path';
import type { Context } from '../../context.ts';
import { GoblinError, interrupted, usageError } from '../../contract/errors.ts';
import { writeStream } from '../../io/write-whole.ts';
import { type Declare, describe } from '../command.ts';

interface Options {
  output?: string;
  table: string[];
  schema: boolean;
  data: boolean;
}

export const declare: Declare = (noun, run) => {
  noun
    .command('export [file]')
    .summary('the database as SQL')
    .description(
      describe(
        'Writes the database as SQL text, to a file or to stdout, for `wrangler d1 execute --file` and for sqlite3. ' +
          'The database serves no queries while Cloudflare makes the export. A file is written whole or not at all. ' +
          'With --no-data only the tables, with --no-schema only their rows.',
        [
          'goblin d1 export backup.sql',
          'goblin d1 export --table audit_logs | gzip > audit.sql.gz',
        ],
      ),
    )
    .option(
      '--table <name>',
      'only this table; may be given again',
      (name, all: string[]) => [...all, name],
      [],
    )
    .option('--no-schema', 'rows alone')
    .option('--no-data', 'tables without rows')
    .action((file: string | undefined, flags: Omit<Options, 'output'>) =>
      run(exportSql, { ...flags, ...(file !== undefined && { output: file }) }),
    );
};

/**
 * Exports chunk by chunk: memory holds none of it but the chunk that is written.
 * @throws {GoblinError} `export_failed`, `export_cut_off`, `cannot_write_file`
 */
export async function exportSql(context: Context, options: Options): Promise<void> {
  const { output, table, schema, data } = options;
  if (!schema && !data) {
    throw usageError('conflicting_options', '--no-schema and --no-data leave nothing', 'Pass one.');
  }
  const database = await context.database();
  const dump = {
    no_schema: !schema,
    no_data: !data,
    ...(table.length > 0 && { tables: table }),
  };
  const began = context.now();
  const chunks = await database.export(dump, () =>
    context.log.standing(`the database makes the export, ${seconds(context.now() - began)}`),
  );
  await context.log.standing('');
  const counted = { bytes: 0 };
  const text = watched(context, chunks, counted);
  if (output === undefined) for await (const chunk of text) await context.io.stdout.write(chunk);
  else await writeStream(resolve(context.io.cwd, output), text).catch(cannotWrite(output));
  if (context.signal.aborted) throw interrupted();
  const where = output === undefined ? '' : ` to ${output}`;
  await context.log.note(`${counted.bytes.toLocaleString('en-US')} bytes exported${where}.`);
}

const seconds = (ms: number) => `${Math.round(ms / 1000)} s`;

/** The chunks, with progress. What ends before its time is told with how far it came. */
async function* watched(
  context: Context,
  chunks: AsyncIterable<Uint8Array>,
  counted: { bytes: number },
): AsyncGenerator<Uint8Array> {
  const progress = context.log.progress('exported bytes');
  try {
    for await (const chunk of chunks) {
      if (context.signal.aborted || context.io.stdoutClosed.aborted) throw interrupted();
      yield chunk;
      counted.bytes += chunk.length;
      await progress.update(counted.bytes);
    }
  } catch (cause) {
    if (cause instanceof GoblinError) throw cause;
    if (context.signal.aborted) throw interrupted();
    const message = `the export was cut off after ${counted.bytes.toLocaleString('en-US')} bytes`;
    throw new GoblinError('failed', 'export_cut_off', message, {
      hint: 'What arrived is not the whole database. Run the command again; nothing was changed.',
      retryable: true,
      cause,
    });
  } finally {
    await progress.end();
  }
}

const cannotWrite = (path: string) => (cause: unknown) => {
  if (cause instanceof GoblinError) throw cause;
  const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
  throw new GoblinError('failed', 'cannot_write_file', `cannot write ${path}: ${reason}`, {
    cause,
  });
};
