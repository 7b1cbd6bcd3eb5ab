import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitStatements } from '../../src/d1/split.ts';
import { useEngine } from '../engine.ts';

const TRIGGER = `CREATE TRIGGER bump AFTER UPDATE ON t BEGIN
  UPDATE t SET v = CASE WHEN new.v > 1 THEN 'a;b' ELSE CASE 1 WHEN 1 THEN 2 END END;
  SELECT 1;
END`;

describe('splitStatements', () => {
  it.each([
    ['two statements', 'SELECT 1; SELECT 2', ['SELECT 1', 'SELECT 2']],
    ['empty ones', ' ;; SELECT 1 ;\n; ', ['SELECT 1']],
    ['nothing', '', []],
    ['only comments', '-- a;\n/* b; */', []],
    ['a string', "SELECT 'a;''b;'; SELECT 2", ["SELECT 'a;''b;'", 'SELECT 2']],
    ['quoted names', 'SELECT "a;""", [b;], `c;`;S', ['SELECT "a;""", [b;], `c;`', 'S']],
    ['a line comment', "SELECT 1 -- it's; one\n+ 1; S", ["SELECT 1 -- it's; one\n+ 1", 'S']],
    ['a block comment', "SELECT 1 /* it's; */ + 1; S", ["SELECT 1 /* it's; */ + 1", 'S']],
    ['a comment before', '-- first\nSELECT 1;', ['-- first\nSELECT 1']],
    ['a comment behind', 'SELECT 1 -- last\n;', ['SELECT 1']],
    ['a comment that is not closed', 'SELECT 1; /* ; SELECT 2', ['SELECT 1']],
    ['a string that is not closed', "SELECT 'a; SELECT 2", ["SELECT 'a; SELECT 2"]],
    ['no comment', 'SELECT 1 - -1; SELECT 4/2', ['SELECT 1 - -1', 'SELECT 4/2']],
    ['a trigger', `${TRIGGER};\nSELECT 1;`, [TRIGGER, 'SELECT 1']],
    ['a trigger at the end', TRIGGER, [TRIGGER]],
    ['comments in a trigger', `${TRIGGER.replace('END', '/*;*/END')}-- ;\n;S`, 2],
    ['a temporary trigger', `${TRIGGER.replace('CREATE', 'create temporary')};S`, 2],
    ['an explained trigger', `EXPLAIN QUERY PLAN ${TRIGGER};S`, 2],
    ['CASE', 'SELECT CASE WHEN 1 THEN 2 END; SELECT 2', 2],
    ['a transaction', 'BEGIN; SELECT 1; END; SELECT 2', ['BEGIN', 'SELECT 1', 'END', 'SELECT 2']],
    ['a column named trigger', 'SELECT trigger FROM t; END; S', 3],
    ['a table named create', 'CREATE TABLE trigger(a); SELECT 1; END; S', 4],
    ['a parameter of Tcl', 'SELECT $a::b(;); S', ['SELECT $a::b(;)', 'S']],
    ['space that is none to SQLite', '\u00a0;S', ['\u00a0', 'S']],
    ['a byte order mark', '\ufeffSELECT 1;', ['SELECT 1']],
    ['Windows line ends', 'SELECT 1;\r\nSELECT 2;\r\n', ['SELECT 1', 'SELECT 2']],
  ])('takes %s', (_, sql, expected) => {
    const statements = splitStatements(sql);
    if (typeof expected === 'number') expect(statements).toHaveLength(expected);
    else expect(statements).toEqual(expected);
  });

  it('takes large text in a moment', () => {
    const row = `INSERT INTO t VALUES ('${"it''s;".repeat(10)}');\n`;
    expect(splitStatements(row.repeat(50_000))).toHaveLength(50_000);
    expect(splitStatements(`SELECT '${"''".repeat(2_000_000)}'; S`)).toHaveLength(2);
  });
});

const noise = fc.constantFrom(' ', '\n', '/* ; */', "/* ' */", '-- ;"\n', "-- it's\n", '');
const value = fc.oneof(
  fc.string({ unit: fc.constantFrom(...`';"-/*[]\`é\n `), maxLength: 8 }).map(quote),
  fc.constantFrom("CASE WHEN 1 THEN 'x;' ELSE 2 END", "x'00ff'", 'NULL', '1.5e3'),
);
const insert = fc.tuple(noise, value, noise).map(([a, v, b]) => {
  return `INSERT ${a} INTO "t;" ${b} VALUES (${v})`;
});
const trigger = fc.tuple(noise, fc.array(insert, { minLength: 1, maxLength: 3 })).map(
  ([space, body]) =>
    `CREATE TRIGGER ${space} IF NOT EXISTS [a;] AFTER DELETE ON "t;" BEGIN ${body.join(';')};${space}
     END`,
);
const statement = fc.oneof({ weight: 4, arbitrary: insert }, trigger);

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

describe('statements joined by semicolons', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.array(statement), fc.array(noise, { minLength: 1 }), (statements, spaces) => {
        const text = statements.map((each, i) => `${each}${spaces[i % spaces.length]};`).join('\n');
        expect(splitStatements(text)).toEqual(statements);
      }),
    );
  });

  it('keep all but comments and space between them', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...`a';"-/*[]\`$(\n `) }), (text) => {
        const parts = splitStatements(text);
        expect(parts.flatMap(splitStatements)).toEqual(parts);
        let from = 0;
        for (const part of parts) from = text.indexOf(part, from) + part.length;
        expect(parts.every((part) => text.includes(part)) && from <= text.length).toBe(true);
      }),
    );
  });
});

describe('SQLite', () => {
  const engine = useEngine({ databases: [{ id: 'split', name: 'split' }] });

  const run = async (sql: string) => {
    const path = '/accounts/any/d1/database/split/query';
    const reply = await engine.api(path, { method: 'POST', body: JSON.stringify({ sql }) });
    return (await reply.json()) as { success: boolean; errors: unknown; result: unknown[] };
  };

  it('runs each part as one whole statement, to the same end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(statement, { minLength: 1, maxLength: 20 }), async (statements) => {
        await run('DROP TABLE IF EXISTS "t;"; CREATE TABLE "t;" (v)');
        const written = await run(statements.join(';'));
        expect(written.errors).toEqual([]);
        expect(written.result).toHaveLength(statements.length);
        const [{ results = [] } = {}] = (await run('SELECT count(*) AS rows FROM "t;"')).result as [
          { results?: unknown[] },
        ];
        const rows = statements.filter((each) => each.startsWith('INSERT')).length;
        expect(results).toEqual([{ rows }]);
      }),
      { numRuns: 25 },
    );
  });
});
