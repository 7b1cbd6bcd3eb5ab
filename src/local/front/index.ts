/**
 * Stands between the edge's port and the edge Worker, and hands requests on as Cloudflare does: with the
 * client's address, which is this machine's unless the request says otherwise. Headers that Miniflare
 * would obey are taken out, so that no client reaches anything but the edge Worker.
 */
interface Bindings {
  EDGE: Fetcher;
}

const MINIFLARE = /^mf-/i;

export default {
  fetch(request: Request, { EDGE }: Bindings): Promise<Response> {
    const headers = new Headers(request.headers);
    for (const name of [...headers.keys()]) if (MINIFLARE.test(name)) headers.delete(name);
    if (!headers.has('cf-connecting-ip')) headers.set('cf-connecting-ip', '127.0.0.1');
    return EDGE.fetch(new Request(request, { headers, cf: {} }));
  },
};
