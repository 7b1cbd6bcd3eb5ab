/** The edge over real sockets: a client that writes bytes, and a backend that tells what it received. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface Received {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
  /** How the request ended: whole, or broken off. */
  ended: Promise<'complete' | 'aborted'>;
}

type Handler = (received: Received, response: ServerResponse) => unknown;

export interface Backend {
  url: string;
  received: Received[];
  /** The next request, from its head on. */
  next(): Promise<Received>;
  /** What is done with a request once it is complete. */
  handle: Handler;
  close(): Promise<void>;
}

/** A backend that answers `ok` unless told otherwise. */
export async function startBackend(): Promise<Backend> {
  const waiting: ((received: Received) => void)[] = [];
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const one = receive(request);
    received.push(one);
    for (const resolve of waiting.splice(0)) resolve(one);
    void one.ended.then((how) => how === 'complete' && backend.handle(one, response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const backend: Backend = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    next: () => new Promise((resolve) => waiting.push(resolve)),
    handle: (_received, response) => response.end('ok'),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return backend;
}

function receive(request: IncomingMessage): Received {
  const { method = '', url = '', headers } = request;
  const ended = new Promise<'complete' | 'aborted'>((resolve) => {
    request.on('end', () => resolve('complete'));
    request.on('close', () => resolve('aborted'));
    request.on('error', () => resolve('aborted'));
  });
  const received = { method, url, headers, body: '', ended };
  request.setEncoding('latin1').on('data', (text) => {
    received.body += text;
  });
  return received;
}

export interface Client {
  socket: Socket;
  write(text: string): void;
  /** Everything that has come, once it matches. */
  until(pattern: RegExp): Promise<string>;
}

/** A connection to the edge. */
export async function connectTo(url: string | null): Promise<Client> {
  const { hostname, port } = new URL(url ?? '');
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  let text = '';
  socket.setEncoding('latin1').on('data', (data) => {
    text += data;
  });
  socket.on('error', () => {});
  return {
    socket,
    write: (data) => void socket.write(data, 'latin1'),
    async until(pattern) {
      while (!pattern.test(text)) await once(socket, 'data');
      return text;
    },
  };
}

/** Sends one request and waits for the whole answer, or for the end of the connection. */
export async function exchange(url: string | null, head: string, body = ''): Promise<string> {
  const { socket, write } = await connectTo(url);
  write(`${head.replaceAll('\n', '\r\n')}\r\nHost: edge\r\n\r\n${body}`);
  let answer = '';
  for await (const data of socket) {
    answer += data;
    if (isWhole(answer)) break;
  }
  socket.destroy();
  return answer;
}

function isWhole(answer: string): boolean {
  const head = answer.indexOf('\r\n\r\n');
  if (head === -1) return false;
  const length = /^content-length: (\d+)/im.exec(answer.slice(0, head))?.[1];
  if (length === undefined) return answer.endsWith('\r\n0\r\n\r\n');
  return answer.length >= head + 4 + Number(length);
}
