/** A backend that costs next to nothing: one fixed answer to whatever comes, from a process of its own. */
import { createServer } from 'node:net';

const BODY = '{"ok":true}';
const ANSWER = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;

const server = createServer((socket) => {
  // Every request of the benchmark is without a body, so it ends with an empty line.
  socket.on('data', (data) => {
    if (data.subarray(-4).toString('latin1') === '\r\n\r\n') socket.write(ANSWER);
  });
  socket.on('error', () => {});
});
server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
process.on('disconnect', () => process.exit());
