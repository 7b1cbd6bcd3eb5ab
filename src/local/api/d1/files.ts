/**
 * Files on their way: SQL to import, and exports to download. Their addresses are secret and need no token,
 * as those of Cloudflare's object storage are; they live an hour, in this Worker's memory.
 */
import type { Context } from 'hono';
import type { Api } from '../bindings.ts';
import { checkHost } from '../guard.ts';
import { ApiFailure, tooLarge } from '../reply.ts';
import { hex } from './bookmark.ts';

const LIFE_MS = 60 * 60 * 1000;
const FILE_BYTES = 500_000_000;

interface File {
  body: string | undefined;
  /** MD5 in hexadecimal digits. */
  etag: string;
  expires: number;
}

const files = new Map<string, File>();

/** An address for a file: with its text to download, or without one to upload. */
export function addFile(name: string, body?: string): string {
  const now = Date.now();
  for (const [path, { expires }] of files) if (expires < now) files.delete(path);
  const path = `${crypto.randomUUID()}/${name}`;
  files.set(path, { body, etag: '', expires: now + LIFE_MS });
  return path;
}

export const fileUrl = (c: Context, path: string) => new URL(`/d1/files/${path}`, c.req.url).href;

/** The text of an uploaded file, which is gone afterwards; undefined where it was not uploaded. */
export function takeFile(path: string, etag: string): string | undefined {
  const file = files.get(path);
  if (file?.body === undefined || file.etag !== etag) return undefined;
  files.delete(path);
  return file.body;
}

/** Answers with the MD5 of what arrived as `etag`, by which the sender sees that it arrived whole. */
export async function putFile(c: Context<Api>): Promise<Response> {
  const file = findFile(c);
  if (Number(c.req.header('content-length')) > FILE_BYTES) throw tooLarge('File', FILE_BYTES);
  const bytes = await c.req.arrayBuffer();
  file.etag = hex(await crypto.subtle.digest('MD5', bytes));
  file.body = new TextDecoder().decode(bytes);
  return new Response(null, { headers: { etag: `"${file.etag}"` } });
}

export function getFile(c: Context<Api>): Response {
  const { body } = findFile(c);
  if (body === undefined) throw gone();
  return new Response(body, { headers: { 'content-type': 'application/sql; charset=utf-8' } });
}

function findFile(c: Context<Api>): File {
  checkHost(c.req.raw);
  const file = files.get(c.req.path.split('/').slice(3).join('/'));
  if (!file || file.expires < Date.now()) throw gone();
  return file;
}

const gone = () => new ApiFailure(404, 7404, 'There is no such file, or its link has expired');
