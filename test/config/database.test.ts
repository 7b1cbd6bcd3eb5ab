import { expect, it } from 'vitest';
import type { D1Binding } from '../../src/config/bindings.ts';
import { localDatabases } from '../../src/config/database.ts';
import type { WranglerFile } from '../../src/config/wrangler-file.ts';

const binding = (fields: Partial<D1Binding>): D1Binding => ({
  binding: 'DB',
  databaseId: undefined,
  databaseName: undefined,
  previewDatabaseId: undefined,
  migrationsDir: undefined,
  migrationsTable: undefined,
  migrationsPattern: undefined,
  ...fields,
});

function file(chosen: D1Binding[], all: D1Binding[]): WranglerFile {
  const d1Databases = { value: chosen, origin: 'wrangler.toml d1_databases' };
  return { d1Databases, allD1Databases: all } as unknown as WranglerFile;
}

it('keeps databases under the ids that wrangler uses locally', () => {
  const preview = binding({ databaseId: 'id', previewDatabaseId: 'preview', databaseName: 'one' });
  const named = binding({ binding: 'OTHER', databaseId: 'id', databaseName: 'two' });
  const bare = binding({ binding: 'BARE' });
  expect(localDatabases(file([], [preview, named, bare]))).toEqual([
    { id: 'preview', name: 'one' },
    { id: 'id', name: 'two' },
    { id: 'BARE', name: 'BARE' },
  ]);
  expect(localDatabases(undefined)).toEqual([]);
});

it('names a database of several environments as the chosen one does', () => {
  const top = binding({ databaseId: 'id', databaseName: 'top' });
  const staging = binding({ databaseId: 'id', databaseName: 'staging' });
  expect(localDatabases(file([staging], [top, staging]))).toEqual([{ id: 'id', name: 'staging' }]);
});
