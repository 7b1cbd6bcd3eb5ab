import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import type { D1Database } from '../../d1/database.ts';
import type { MigrationRow } from '../../d1/migration-rows.ts';
import { readState } from '../../d1/migration-state.ts';
import { quoteName } from '../../d1/quote.ts';
import { machineRow } from '../../output/cell.ts';
import type { Column, Tone } from '../../output/columns.ts';
import { type Declare, describe } from '../command.ts';

interface Options {
  counts: boolean;
}

export const declare: Declare = (noun, run) => {
  noun
    .command('status')
    .summary('migrations, size, rows per table, bookmark')
    .description(
      describe(
        'Shows which migrations are applied and which are pending, the size, the rows of each table, and the ' +
          'bookmark of Time Travel. Exit 8 where an applied file was changed, renamed or is missing. To count ' +
          'rows reads all of them, which D1 bills; --no-counts leaves that out.',
        ['goblin d1 status', 'goblin d1 status --no-counts --json'],
      ),
    )
    .option('--no-counts', 'do not count rows')
    .action((options: Options) => run(status, options));
};

interface TableRow {
  table: string;
  rows: number | null;
}

interface Head {
  database: string;
  id: string;
  /** Bytes. */
  size: number | null;
  migrations_from: string;
  bookmark: string;
}

const HEAD: readonly Column<Head>[] = [
  { name: 'database', kind: 'text', role: 'identifier' },
  { name: 'id', kind: 'text', role: 'identifier' },
  { name: 'size', kind: 'bytes' },
  { name: 'migrations_from', kind: 'text' },
  { name: 'bookmark', kind: 'text' },
];

const TONES: Readonly<Record<MigrationRow['state'], Tone>> = {
  applied: 'good',
  pending: 'care',
  changed: 'bad',
  renamed: 'bad',
  missing: 'bad',
};

const MIGRATIONS: readonly Column<MigrationRow>[] = [
  { name: 'migration', kind: 'text', role: 'identifier' },
  {
    name: 'state',
    kind: 'text',
    fixed: true,
    tone: (state) => TONES[state as MigrationRow['state']],
  },
  { name: 'applied_at', kind: 'time' },
  { name: 'checksum', kind: 'text', fixed: true },
  { name: 'detail', kind: 'text', role: 'secondary' },
];

const TABLES: readonly Column<TableRow>[] = [
  { name: 'table', kind: 'text', role: 'identifier' },
  { name: 'rows', kind: 'number' },
];

interface Whole extends Head {
  migrations: object[];
  tables: TableRow[];
}

const WHOLE: readonly Column<Whole>[] = [
  ...HEAD,
  { name: 'migrations', kind: 'json' },
  { name: 'tables', kind: 'json' },
];

/** @throws {GoblinError} exit 8 where the files are not those that were applied */
export async function status(context: Context, { counts }: Options): Promise<void> {
  const database = await context.database();
  const migrations = await (await context.config()).migrations();
  const info = await database.info();
  const { rows, schema } = await readState(database, migrations);
  const tables = await tablesOf(database, [...schema.entries], counts);
  const head: Head = {
    database: info.name,
    id: info.id,
    size: info.file_size,
    migrations_from: migrations.folder?.label ?? 'this version of goblin',
    bookmark: await database.bookmark(),
  };
  if (context.format === 'table') {
    await context.output.one(HEAD, head);
    await context.output.list(MIGRATIONS, rows);
    await context.output.list(TABLES, tables, { empty: 'No tables.' });
  } else {
    const machineRows = rows.map((row) => machineRow(MIGRATIONS, row));
    await context.output.one(WHOLE, { ...head, migrations: machineRows, tables });
  }
  const wrong = rows.filter(({ state }) => state !== 'applied' && state !== 'pending');
  if (wrong.length === 0) return;
  const names = wrong.map(({ migration, state }) => `${migration} (${state})`).join(', ');
  throw new GoblinError(
    'difference',
    'migrations_differ',
    `not the files that were applied: ${names}`,
    {
      hint: 'Restore the files as they were; a change of an applied one belongs into a new file.',
    },
  );
}

/** Tables of SQLite and of D1 itself are not anybody's data. */
const INTERNAL = /^(sqlite_|_cf_)/i;

async function tablesOf(
  database: D1Database,
  entries: readonly (readonly [name: string, sql: string])[],
  counts: boolean,
): Promise<TableRow[]> {
  const isTable = ([name, sql]: readonly [string, string]) =>
    /^CREATE\s+(VIRTUAL\s+)?TABLE\b/i.test(sql) && !INTERNAL.test(name);
  const names = entries
    .filter(isTable)
    .map(([name]) => name)
    .sort();
  const ask = counts ? names : [];
  const results = await database.batch(
    ask.map((name) => ({ sql: `SELECT count(*) AS n FROM ${quoteName(name)}` })),
  );
  return names.map((table, index) => {
    const count = results[index]?.rows[0]?.n;
    return { table, rows: typeof count === 'number' ? count : null };
  });
}
