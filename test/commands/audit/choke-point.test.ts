import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** What changes something in KV, D1 or the flags. */
const WRITES =
  /\bkv\.(put|putMany|delete|deleteMany)\(|\bdatabase\.batch\(|\b(writeOnce|sayIn|openRoom|editDocument)\(/;
/** What writes the audit row: a plan, a single change, or the row itself. */
const AUDITED = /\b(carryOut|changing|writeAudit)\(/;
/** Parts of a change, whose command is audited, and one that only counts rows. */
const PARTS = ['d1/status.ts', 'kv/import-batch.ts', 'sessions/for-good.ts', 'user/in-d1.ts'];

const files = readdirSync('src/commands', { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);
const textOf = (file: string) => readFileSync(`src/commands/${file}`, 'utf8');

it('every command that writes is audited', () => {
  const writing = files.filter((file) => WRITES.test(textOf(file)));
  expect(writing.length).toBeGreaterThan(5);
  const silent = writing.filter((file) => !AUDITED.test(textOf(file)));
  expect(silent.sort()).toEqual(PARTS);
});
