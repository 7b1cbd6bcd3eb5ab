import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isReadOnly } from '../../src/d1/read-only.ts';

describe('SQL that only reads', () => {
  it.each([
    'SELECT 1',
    '  -- a comment; with INSERT\n/* and ; another */ select * from t',
    'VALUES (1)',
    'WITH a AS (SELECT 1) SELECT * FROM a',
    'EXPLAIN QUERY PLAN DELETE FROM t',
    'PRAGMA table_info("feature_flags")',
    "SELECT 'INSERT; DELETE'; SELECT 2;",
  ])('%s', (sql) => {
    expect(isReadOnly(sql)).toBe(true);
  });

  it.each([
    '',
    '-- nothing',
    'INSERT INTO t SELECT * FROM u',
    'SELECT 1; DELETE FROM t',
    'WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a',
    'WITH a AS (SELECT 1) DELETE FROM t',
    'PRAGMA user_version = 2',
    'PRAGMA optimize',
    'BEGIN',
    'SELECTED',
  ])('is not: %s', (sql) => {
    expect(isReadOnly(sql)).toBe(false);
  });

  it('never holds a statement that begins with a writing word, whatever stands around it', () => {
    const space = fc.stringMatching(/^(\s|--[a-z]*\n|\/\*[a-z;]*\*\/)*$/);
    const write = fc.constantFrom(
      'INSERT',
      'update',
      'Delete',
      'REPLACE',
      'DROP',
      'ALTER',
      'CREATE',
    );
    const reads = fc.constantFrom('SELECT 1;', 'VALUES (2);', '');
    fc.assert(
      fc.property(reads, space, write, space, (before, a, word, b) => {
        expect(isReadOnly(`${before}${a}${word}${b} x; SELECT 1`)).toBe(false);
      }),
    );
  });
});
