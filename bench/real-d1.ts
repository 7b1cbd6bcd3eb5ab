/** A D1 database with goblin's schema, in a process of its own: batches come and go as messages. */
import { Miniflare } from 'miniflare';
import { schemaText } from '../scripts/schema.ts';
import { splitStatements } from '../src/d1/split.ts';
import type { Statement } from '../src/tables/statement.ts';

const engine = new Miniflare({
  modules: true,
  script: 'export default {}',
  compatibilityDate: '2026-04-26',
  d1Databases: ['DB'],
});
const db = await engine.getD1Database('DB');
await db.batch(splitStatements(schemaText()).map((sql) => db.prepare(sql)));

process.on('message', async ({ id, batch }: { id: number; batch: Statement[] }) => {
  const prepared = batch.map(({ sql, params }) => db.prepare(sql).bind(...params));
  process.send?.({ id, results: await db.batch(prepared) });
});
process.on('disconnect', () => engine.dispose().then(() => process.exit()));
process.send?.('ready');
