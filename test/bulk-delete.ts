export interface BulkDelete {
  /** 1 for the first of the run. */
  nth: number;
  keys: string[];
  /** Has it done, for these keys or for all. */
  pass(keys?: string[]): Promise<Response>;
}

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** A network where everything goes its way but bulk deletes, which a test answers. */
export function onBulkDelete(
  answer: (request: BulkDelete) => Promise<Response>,
  network: Fetch = fetch,
): Fetch {
  let nth = 0;
  return async (url, init) => {
    if (!url.endsWith('/bulk/delete')) return network(url, init);
    const keys = JSON.parse(String(init.body)) as string[];
    const headers = new Headers(init.headers);
    headers.delete('content-length');
    const pass = (some = keys) => network(url, { ...init, headers, body: JSON.stringify(some) });
    return answer({ nth: ++nth, keys, pass });
  };
}

/** The API's answer to a bulk delete that leaves some keys out. */
export function partly(unsuccessful_keys: string[], done: number): Response {
  const result = { successful_key_count: done, unsuccessful_keys };
  return Response.json({ success: true, errors: [], messages: [], result });
}
