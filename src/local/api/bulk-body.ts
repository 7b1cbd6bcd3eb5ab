import { BULK_BYTES } from '../../shards/kv-limits.ts';
import { badRequest, tooLarge } from './failure.ts';

/** How many keys are read or written at a time: enough to keep the engine's storage busy. */
const AT_ONCE = 64;

/** The JSON of a bulk request. @throws ApiFailure 413 over 100 MB, 400 where it is no JSON. */
export async function readBulk(request: Request): Promise<unknown> {
  const length = Number(request.headers.get('content-length'));
  if (length > BULK_BYTES) throw tooLarge('Request', BULK_BYTES);
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength > BULK_BYTES) throw tooLarge('Request', BULK_BYTES);
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw badRequest('Could not parse the request body as JSON');
  }
}

/**
 * `work` for every item, 64 at a time, results in the items' order. In between it yields: workerd would
 * serve no other request meanwhile, and its timers would stand still, so that the connection of this one
 * counts as idle, and is closed, as soon as the answer is out.
 */
export async function forEach<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += AT_ONCE) {
    if (start > 0) await scheduler.wait(1);
    results.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(work))));
  }
  return results;
}
