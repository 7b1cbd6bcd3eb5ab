/** `…/namespaces` and `…/namespaces/{id}`: which namespaces there are, and making, renaming and deleting them. */
import type { Context } from 'hono';
import type { Resource } from '../resources.ts';
import { type Api, findKv, findNamespace, registry } from './bindings.ts';
import { forEach } from './bulk.ts';
import { RegistryRefusal } from './registry.ts';
import { badRequest, namespaceNotFound, succeed, titleExists, titleRequired } from './reply.ts';

const LONGEST_TITLE = 512;

const shown = ({ id, name }: Resource) => ({ id, title: name, supports_url_encoding: true });
const idOf = (c: Context<Api>) => c.req.param('namespace') ?? '';

export async function listNamespaces(c: Context<Api>): Promise<Response> {
  const page = wholeNumber(c.req.query('page'), 1);
  const perPage = wholeNumber(c.req.query('per_page'), 20);
  const sorted = sort(registry(c.env, 'kv').all(), c.req.query('order'), c.req.query('direction'));
  const rows = sorted.slice((page - 1) * perPage, page * perPage).map(shown);
  return succeed(c, rows, {
    page,
    per_page: perPage,
    count: rows.length,
    total_count: sorted.length,
    total_pages: Math.ceil(sorted.length / perPage),
  });
}

export function getNamespace(c: Context<Api>): Response {
  return succeed(c, shown(findNamespace(c.env, idOf(c), 'get namespace')));
}

export async function createNamespace(c: Context<Api>): Promise<Response> {
  const title = await readTitle(c, 'create namespace');
  const made = registry(c.env, 'kv').create(title);
  return succeed(c, shown(await refusedAs('create namespace', made)));
}

export async function renameNamespace(c: Context<Api>): Promise<Response> {
  const id = idOf(c);
  const name = await readTitle(c, 'rename namespace');
  await refusedAs('rename namespace', registry(c.env, 'kv').rename(id, name));
  return succeed(c, shown({ id, name }));
}

/** A refusal of the registry as Cloudflare answers it. */
async function refusedAs<T>(operation: string, change: Promise<T>): Promise<T> {
  try {
    return await change;
  } catch (error) {
    if (!(error instanceof RegistryRefusal)) throw error;
    const { reason, message } = error;
    if (reason === 'not_found') throw namespaceNotFound(operation);
    if (reason === 'name_taken') {
      throw titleExists(operation, `a namespace with the title "${message}" already exists`);
    }
    const room = `one engine makes at most ${message} namespaces; restart it to make more`;
    throw badRequest(`${operation}: '${room}'`);
  }
}

/**
 * Deletes a namespace with its data, the data first, so that what was interrupted can be repeated. One that the
 * wrangler file names would be back, empty, with the next command, so it is refused.
 */
export async function deleteNamespace(c: Context<Api>): Promise<Response> {
  const id = idOf(c);
  if (registry(c.env, 'kv').isBound(id)) {
    throw badRequest("delete namespace: 'the wrangler file binds it; remove the binding first'");
  }
  await empty(findKv(c.env, id, 'delete namespace'));
  await refusedAs('delete namespace', registry(c.env, 'kv').remove(id));
  return succeed(c, null);
}

async function empty(kv: KVNamespace): Promise<void> {
  for (;;) {
    const { keys } = await kv.list();
    if (keys.length === 0) return;
    await forEach(keys, ({ name }) => kv.delete(name));
  }
}

async function readTitle(c: Context<Api>, operation: string): Promise<string> {
  const body: unknown = await c.req.json().catch(() => {
    throw badRequest('Could not parse the request body as JSON');
  });
  const { title } = (body ?? {}) as Record<string, unknown>;
  if (typeof title !== 'string' || title.trim() === '') throw titleRequired(operation);
  if (title.length <= LONGEST_TITLE) return title;
  throw badRequest(`${operation}: 'a title has at most ${LONGEST_TITLE} characters'`);
}

function sort(namespaces: Resource[], order = 'id', direction = 'asc'): Resource[] {
  const field = order === 'title' ? 'name' : 'id';
  const sorted = namespaces.toSorted((a, b) => (a[field] < b[field] ? -1 : 1));
  return direction === 'desc' ? sorted.reverse() : sorted;
}

function wholeNumber(text: string | undefined, fallback: number): number {
  const number = Number(text ?? fallback);
  if (!Number.isSafeInteger(number) || number < 1)
    throw badRequest(`Invalid page number "${text}"`);
  return number;
}
