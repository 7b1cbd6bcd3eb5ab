/** A load generator that leaves the machine to the server: raw sockets, kept alive, one request each. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Target {
  host: string;
  port: number;
  path: string;
  /** The one address of all clients, where they have not one each. */
  ip?: string;
}

/** Addresses that the clients have: so many that nobody comes near the rate limit. */
const ADDRESSES = 3000;
const END_OF_HEAD = '\r\n\r\n';

let turn = 0;

export interface Load {
  /** Requests that were answered. */
  requests: number;
  seconds: number;
}

/**
 * Sends requests over `connections` sockets for `ms` milliseconds.
 * @throws {Error} on any answer but 200: a refused request would look fast.
 */
export async function load(target: Target, connections: number, ms: number): Promise<Load> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(target)));
  const start = performance.now();
  const counts = await Promise.all(sockets.map((socket) => ask(socket, target, start + ms)));
  const seconds = (performance.now() - start) / 1000;
  for (const socket of sockets) socket.destroy();
  return { requests: counts.reduce((sum, count) => sum + count, 0), seconds };
}

async function open({ host, port }: Target): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true });
  await once(socket, 'connect');
  return socket;
}

function ask(socket: Socket, target: Target, until: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let answered = 0;
    let received = '';
    const send = () => socket.write(requestTo(target));
    socket.setEncoding('latin1');
    socket.on('error', reject);
    socket.on('data', (data) => {
      received += data;
      if (!isWhole(received)) return;
      if (!received.startsWith('HTTP/1.1 200')) return reject(new Error(received.slice(0, 500)));
      answered++;
      received = '';
      if (performance.now() < until) send();
      else resolve(answered);
    });
    send();
  });
}

function requestTo({ host, path, ip = nextAddress() }: Target): string {
  return `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nCF-Connecting-IP: ${ip}\r\nAccept: */*\r\nUser-Agent: bench\r\n\r\n`;
}

function nextAddress(): string {
  turn = (turn + 1) % ADDRESSES;
  return `198.18.${turn >> 8}.${turn & 255}`;
}

function isWhole(received: string): boolean {
  const head = received.indexOf(END_OF_HEAD);
  if (head === -1) return false;
  const length = /content-length: (\d+)/i.exec(received)?.[1];
  if (length === undefined) return received.endsWith(`0${END_OF_HEAD}`);
  return received.length >= head + END_OF_HEAD.length + Number(length);
}
