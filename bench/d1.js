/**
 * D1 as a Worker meets it: elsewhere, over HTTP, in a process of its own. It speaks what workerd's binding speaks
 * and answers that a row was written; what SQLite itself would compute is not the Worker's cost.
 */
import { createServer } from 'node:http';

const RESULT = {
  success: true,
  results: { columns: [], rows: [] },
  meta: { duration: 0, changes: 1, rows_read: 1, rows_written: 1 },
};
let batches = 0;

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    batches++;
    const queries = JSON.parse(Buffer.concat(chunks).toString());
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(Array.isArray(queries) ? queries.map(() => RESULT) : RESULT));
  });
});
server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
process.on('disconnect', () => {
  process.stdout.write(`  D1 was asked ${batches} times\n`);
  process.exit();
});
