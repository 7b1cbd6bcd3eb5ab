import { createServer } from 'node:net';
import { GoblinError } from '../contract/errors.ts';

/**
 * Makes sure that nothing listens on a port (0 is any, and always free), for workerd says no more than that
 * it failed. @throws GoblinError `port_in_use`.
 */
export function checkPort(host: string, port: number): Promise<void> {
  if (port === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (cause: NodeJS.ErrnoException) => reject(unusable(port, cause)));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()));
  });
}

function unusable(port: number, cause: NodeJS.ErrnoException): GoblinError {
  const why = cause.code === 'EADDRINUSE' ? 'is in use' : `cannot be used (${cause.code})`;
  return new GoblinError('failed', 'port_in_use', `port ${port} ${why}`, {
    hint: 'Choose another one, or end the program that listens there.',
    cause,
  });
}
