/**
 * The migrations of a D1 binding as wrangler finds them: which folder, which files, in which order, and in which
 * table they are recorded. Rules as in wrangler 4.116 (packages/wrangler/src/d1/migrations).
 */
import { dirname, posix, resolve } from 'node:path';
import picomatch from 'picomatch';
import { GoblinError, usageError } from '../contract/errors.ts';
import type { D1Binding } from './bindings.ts';
import type { Files } from './files.ts';
import { pathFrom } from './locate.ts';
import type { WranglerFile } from './wrangler-file.ts';

export interface MigrationFile {
  /** The path relative to the folder of the migrations, as it is recorded. */
  name: string;
  sql: string;
}

export interface Migrations {
  /** The table in which applied migrations are recorded. */
  table: string;
  /** The folder that they come from, and its files in order; null where goblin's own are meant. */
  folder: { label: string; files: MigrationFile[] } | null;
}

const DEFAULT_TABLE = 'd1_migrations';
const DEFAULT_FOLDER = 'migrations';

/**
 * The migrations of the wrangler file's folder. Without a wrangler file, without a binding in it, and where it
 * names no folder and has none of the usual name, goblin's own are meant.
 * @throws {GoblinError} `no_migrations` where a folder is named but is not there, `bad_migrations_pattern`,
 *   `unreadable_file`
 */
export function readMigrations(
  files: Files,
  bound: D1Binding | undefined,
  file: WranglerFile | undefined,
  cwd: string,
): Migrations {
  const table = bound?.migrationsTable ?? DEFAULT_TABLE;
  if (!bound || !file) return { table, folder: null };
  const name = normalized(bound.migrationsDir ?? DEFAULT_FOLDER);
  const matches = matcherOf(bound, name, file.label);
  const folder = resolve(dirname(file.path), name);
  const label = pathFrom(cwd, folder);
  if (files.list(folder).length === 0) {
    if (bound.migrationsDir === undefined) return { table, folder: null };
    throw new GoblinError('failed', 'no_migrations', `there are no migrations in ${label}`, {
      hint: `It is migrations_dir of ${bound.binding} in ${file.label}.`,
    });
  }
  const names = namesIn(files, folder)
    .filter((each) => matches(each))
    .sort(compareNames);
  const read = (each: string) => ({ name: each, sql: files.readText(resolve(folder, each)) });
  return { table, folder: { label, files: names.map(read) } };
}

function normalized(path: string): string {
  return posix.normalize(path.replaceAll('\\', '/')).replace(/\/$/, '');
}

function matcherOf(bound: D1Binding, folder: string, label: string): (name: string) => boolean {
  const pattern = normalized(bound.migrationsPattern ?? `${folder}/*.sql`);
  const prefix = folder === '.' ? '' : `${folder}/`;
  const isComplete = bound.migrationsPattern === undefined || bound.migrationsDir !== undefined;
  if (isComplete && pattern.startsWith(prefix)) return picomatch(pattern.slice(prefix.length));
  throw usageError(
    'bad_migrations_pattern',
    `${label}: migrations_pattern of ${bound.binding} must begin with its migrations_dir`,
    `Set migrations_dir, and write the pattern as "${prefix}…".`,
  );
}

/** As deep as wrangler's nested layouts go (`migrations/0001_name/migration.sql`), with room. */
const DEEPEST = 5;

/** The paths of all files below a folder. */
function namesIn(files: Files, folder: string, depth = 1): string[] {
  return files.list(folder).flatMap((name) => {
    const path = resolve(folder, name);
    if (files.isFile(path)) return [name];
    if (depth === DEEPEST) return [];
    return namesIn(files, path, depth + 1).map((below) => `${name}/${below}`);
  });
}

/** By the number that each part of the path begins with, then by its text; parts without a number come last. */
export function compareNames(a: string, b: string): number {
  const [one, other] = [a.split('/'), b.split('/')];
  for (let i = 0; i < Math.min(one.length, other.length); i++) {
    const order = compareParts(one[i] as string, other[i] as string);
    if (order !== 0) return order;
  }
  return one.length - other.length;
}

function compareParts(a: string, b: string): number {
  const [one, other] = [numberOf(a), numberOf(b)];
  if (one !== other) return one - other;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A part without a number sorts behind all that have one. */
function numberOf(part: string): number {
  const number = Number.parseInt(part, 10);
  return Number.isNaN(number) ? Number.MAX_VALUE : number;
}
