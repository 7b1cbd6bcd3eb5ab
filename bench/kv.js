/**
 * KV as a Worker meets it: elsewhere, over HTTP, in a process of its own. It speaks what workerd's binding
 * speaks and keeps values in memory; what KV itself would compute is not the Worker's cost.
 */
import { createServer } from 'node:http';

const entries = new Map();

const server = createServer((request, response) => {
  const key = decodeURIComponent(new URL(request.url ?? '', 'http://kv').pathname.slice(1));
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    if (request.method === 'PUT') {
      entries.set(key, {
        value: Buffer.concat(chunks),
        metadata: request.headers['cf-kv-metadata'],
      });
    } else if (request.method === 'DELETE') {
      entries.delete(key);
    } else {
      return answer(response, entries.get(key));
    }
    response.end();
  });
});

function answer(response, entry) {
  if (!entry) {
    // workerd does not read the body of a 404, and closes the connection unless it is known to be empty.
    response.writeHead(404, { 'Content-Length': 0 }).end();
    return;
  }
  if (entry.metadata) response.setHeader('CF-KV-Metadata', entry.metadata);
  response.end(entry.value);
}

server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
process.on('disconnect', () => process.exit());
