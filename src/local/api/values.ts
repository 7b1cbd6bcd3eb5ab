/** `…/values/{key}` and `…/metadata/{key}`: one key, its raw bytes, its metadata. */
import type { Context } from 'hono';
import { type Api, findKv } from './bindings.ts';
import { expirationOf, keyInPath } from './keys.ts';
import { checkLife, checkMetadata, parseMetadata, VALUE_BYTES } from './limits.ts';
import { isMultipart, readParts } from './multipart.ts';
import { badRequest, keyNotFound, succeed, tooLarge } from './reply.ts';

const kvOf = (c: Context<Api>, operation: string) =>
  findKv(c.env, c.req.param('namespace') ?? '', operation);

/** The raw bytes, with the header `expiration` (Unix seconds) where the key expires. */
export async function getValue(c: Context<Api>): Promise<Response> {
  const kv = kvOf(c, 'get');
  const key = keyInPath(c.req.path);
  const [value, expiration] = await Promise.all([kv.get(key, 'stream'), expirationOf(kv, key)]);
  if (value === null) throw keyNotFound('get');
  return new Response(value, {
    headers: {
      'content-type': 'application/octet-stream',
      ...(expiration !== undefined && { expiration: String(expiration) }),
    },
  });
}

export async function getMetadata(c: Context<Api>): Promise<Response> {
  const { value, metadata } = await kvOf(c, 'get metadata').getWithMetadata(
    keyInPath(c.req.path),
    'stream',
  );
  if (value === null) throw keyNotFound('get metadata');
  await value.cancel();
  return succeed(c, metadata);
}

/** Deleting a key that is not there succeeds. */
export async function deleteValue(c: Context<Api>): Promise<Response> {
  await kvOf(c, 'delete').delete(keyInPath(c.req.path));
  return succeed(c, null);
}

/** Replaces value, expiration and metadata as a whole: what is not given is gone. */
export async function putValue(c: Context<Api>): Promise<Response> {
  const kv = kvOf(c, 'put');
  const key = keyInPath(c.req.path);
  const life = checkLife(lifeInQuery(c), Date.now());
  const { value, metadata } = await readBody(c.req.raw);
  await kv.put(key, value, { ...life(Date.now()), ...(metadata !== undefined && { metadata }) });
  return succeed(c, null);
}

function lifeInQuery(c: Context) {
  const number = (name: string) => {
    const text = c.req.query(name);
    return text ? Number(text) : undefined;
  };
  return { expiration: number('expiration'), expiration_ttl: number('expiration_ttl') };
}

interface Body {
  value: string | Uint8Array | ReadableStream;
  metadata?: unknown;
}

async function readBody(request: Request): Promise<Body> {
  if (isMultipart(request)) return readForm(await readParts(request));
  if (Number(request.headers.get('content-length')) > VALUE_BYTES) {
    throw tooLarge('Value', VALUE_BYTES);
  }
  return { value: request.body ?? '' };
}

/** The parts `value` and `metadata` (JSON text). */
function readForm(parts: ReadonlyMap<string, Uint8Array>): Body {
  const value = parts.get('value');
  if (value === undefined) throw badRequest('multipart body without a part named "value"');
  return { value, ...readMetadata(new TextDecoder().decode(parts.get('metadata'))) };
}

function readMetadata(text: string): { metadata?: unknown } {
  const metadata = text ? parseMetadata(text) : null;
  if (metadata === null) return {};
  checkMetadata(metadata);
  return { metadata };
}
