/** Files of migrations beside the records of a database: what is applied, what is pending, what is not as it was. */
import { createHash } from 'node:crypto';
import { compareNames, type MigrationFile } from '../config/migrations.ts';

export interface MigrationRow {
  migration: string;
  /** `changed`: the file is not the one that was applied. `missing`: applied, but there is no such file. */
  state: 'applied' | 'pending' | 'changed' | 'renamed' | 'missing';
  /** Milliseconds since 1970. */
  applied_at: number | null;
  /** Of the file as it is now; of a missing one as it was applied, where that is known. */
  checksum: string | null;
  detail: string | null;
}

/** A record of the table of migrations. */
export interface Applied {
  name: string;
  applied_at: number | null;
}

/** The first 16 digits of the SHA-256 of a file, whichever line ends it has. */
export function checksumOf(sql: string): string {
  const text = sql.replaceAll('\r\n', '\n');
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Of each file and each record one row, in the order in which migrations are applied. */
export function rowsOf(
  files: readonly MigrationFile[],
  applied: readonly Applied[],
  checksums: ReadonlyMap<string, string>,
): MigrationRow[] {
  const records = new Map(applied.map((record) => [record.name, record]));
  const gone = applied.filter(({ name }) => !files.some((file) => file.name === name));
  const last = [...files].reverse().find(({ name }) => records.has(name))?.name;
  const rows = files.map(({ name, sql }): MigrationRow => {
    const checksum = checksumOf(sql);
    const record = records.get(name);
    const found = record
      ? compared(checksum, checksums.get(name))
      : unapplied(
          name,
          gone.find((each) => checksums.get(each.name) === checksum),
          last,
        );
    return { migration: name, applied_at: record?.applied_at ?? null, checksum, ...found };
  });
  const missing = gone.map(
    ({ name, applied_at }): MigrationRow => ({
      migration: name,
      state: 'missing',
      applied_at,
      checksum: checksums.get(name) ?? null,
      detail: 'applied, but there is no such file',
    }),
  );
  return [...rows, ...missing].sort((a, b) => compareNames(a.migration, b.migration));
}

type Found = Pick<MigrationRow, 'state' | 'detail'>;

/** @param was the checksum of what was applied, where goblin applied it */
function compared(checksum: string, was: string | undefined): Found {
  if (was === undefined) {
    return { state: 'applied', detail: 'by another tool: its text then is unknown' };
  }
  if (was === checksum) return { state: 'applied', detail: null };
  return { state: 'changed', detail: `what was applied has the checksum ${was}` };
}

/** @param old the record of the same text under another name @param last the last file that is applied */
function unapplied(name: string, old: Applied | undefined, last: string | undefined): Found {
  if (old) return { state: 'renamed', detail: `it was applied as ${old.name}` };
  const isLate = last !== undefined && compareNames(name, last) < 0;
  return { state: 'pending', detail: isLate ? `a later one is applied: ${last}` : null };
}
