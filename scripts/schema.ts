/**
 * Writes `worker/schema.sql` and `src/d1/bundled.ts` from `worker/migrations/`. Run by `npm run schema` after a migration was
 * added.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const MIGRATIONS = new URL('../worker/migrations/', import.meta.url);
export const BUNDLED_FILE = new URL('../src/d1/bundled.ts', import.meta.url);
export const SCHEMA_FILE = new URL('../worker/schema.sql', import.meta.url);

const HEAD = `-- Generated from migrations/ by \`npm run schema\`: do not edit.
--
--   wrangler d1 execute goblin-assistant-db --file=./schema.sql
--
-- Sets up a new database, or upgrades one of the first generation, in one transaction, and records the migrations
-- as applied, so that \`wrangler d1 migrations apply\` and \`goblin d1 migrate\` go on from here. A second run fails
-- at the record and changes nothing.

CREATE TABLE IF NOT EXISTS "d1_migrations"(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
);
`;

/** The migrations in the order in which they are applied: by number. */
export function migrationFiles(): { name: string; sql: string }[] {
  const names = readdirSync(MIGRATIONS).filter((name) => name.endsWith('.sql'));
  return names
    .sort()
    .map((name) => ({ name, sql: readFileSync(new URL(name, MIGRATIONS), 'utf8') }));
}

/** All migrations as one text, each after the line that records it. */
export function schemaText(): string {
  const parts = migrationFiles().map(
    ({ name, sql }) => `INSERT INTO "d1_migrations" (name) VALUES ('${name}');\n\n${sql}`,
  );
  return [HEAD, ...parts].join('\n');
}

/** The migrations as a module, so that the package holds them. */
export function bundledText(): string {
  const escaped = (sql: string) => sql.replace(/[\\`]|\$\{/g, '\\$&');
  const entries = migrationFiles().map(
    ({ name, sql }) => `  {\n    name: '${name}',\n    sql: \`${escaped(sql)}\`,\n  },\n`,
  );
  return `/** goblin's migrations. Generated from worker/migrations/ by \`npm run schema\`: do not edit. */
import type { MigrationFile } from '../config/migrations.ts';

export const bundled: readonly MigrationFile[] = [
${entries.join('')}];
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(SCHEMA_FILE, schemaText());
  writeFileSync(BUNDLED_FILE, bundledText());
}
