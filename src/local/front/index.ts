/**
 * Stands between the edge's port and the edge Worker, and hands requests on as Cloudflare does: with the
 * client's address, which is this machine's unless the request says otherwise. Headers that Miniflare
 * would obey are taken out, so that no client reaches anything but the edge Worker. Each request is logged.
 */
import { printEntry } from '../request-log.ts';

interface Bindings {
  EDGE: Fetcher;
  /** False where no request is to be logged. */
  LOG: boolean;
}

const MINIFLARE = /^mf-/i;

export default {
  async fetch(request: Request, { EDGE, LOG }: Bindings, ctx: ExecutionContext): Promise<Response> {
    const began = Date.now();
    const headers = new Headers(request.headers);
    for (const name of [...headers.keys()]) if (MINIFLARE.test(name)) headers.delete(name);
    if (!headers.has('cf-connecting-ip')) headers.set('cf-connecting-ip', '127.0.0.1');
    const response = await EDGE.fetch(new Request(request, { headers, cf: {} }));
    // The copy is made before the client reads the response.
    const copy = LOG && isErrorOfTheEdge(response) ? response.clone() : undefined;
    if (LOG) ctx.waitUntil(log({ request, headers, response, copy, ms: Date.now() - began }));
    return response;
  },
};

interface Exchange {
  request: Request;
  /** As the edge got them. */
  headers: Headers;
  response: Response;
  /** Of an error that the edge itself seems to have answered. */
  copy: Response | undefined;
  ms: number;
}

async function log({ request, headers, response, copy, ms }: Exchange): Promise<void> {
  const { method, url } = request;
  const path = new URL(url).pathname;
  const by = (copy && (await refusedBy(copy))) ?? answeredBy(path, response);
  const ip = headers.get('cf-connecting-ip') ?? '';
  printEntry({ kind: 'request', method, path, status: response.status, ms, ip, by });
}

/** Whether a response looks like an error that the edge answers itself (worker/src/refuse.ts). */
function isErrorOfTheEdge({ status, headers }: Response): boolean {
  if (status < 400 || headers.get('Cache-Control') !== 'no-store') return false;
  return headers.get('Content-Type') === 'application/json';
}

/** The edge with the code of its error; undefined where it is no error of the edge's. */
async function refusedBy(copy: Response): Promise<string | undefined> {
  const body = (await copy.json().catch(() => null)) as { error?: { code?: unknown } } | null;
  const code = body?.error?.code;
  return typeof code === 'string' ? `edge: ${code}` : undefined;
}

function answeredBy(path: string, { status, headers }: Response): string {
  if (status === 101 && path.startsWith('/rooms/')) return 'room';
  if (headers.get('X-Cache') === 'HIT') return 'cache';
  return path.startsWith('/_goblin/') ? 'edge' : 'backend';
}
