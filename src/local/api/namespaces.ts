/** `…/namespaces` and `…/namespaces/{id}`: which namespaces there are, and making, renaming and deleting them. */
import type { Context } from 'hono';
import type { Namespace } from '../namespaces.ts';
import { type Api, findKv, isBound } from './bindings.ts';
import { forEach } from './bulk-body.ts';
import { succeed } from './envelope.ts';
import { badRequest, namespaceNotFound, titleRequired } from './failure.ts';
import { ask } from './registry.ts';

const LONGEST_TITLE = 512;

const shown = ({ id, title }: Namespace) => ({ id, title, supports_url_encoding: true });
const idOf = (c: Context<Api>) => c.req.param('namespace') ?? '';

export async function listNamespaces(c: Context<Api>): Promise<Response> {
  const page = wholeNumber(c.req.query('page'), 1);
  const perPage = wholeNumber(c.req.query('per_page'), 20);
  const all = await ask(c.env, { do: 'read' }, 'list namespaces');
  const sorted = sort(all, c.req.query('order'), c.req.query('direction'));
  const rows = sorted.slice((page - 1) * perPage, page * perPage).map(shown);
  return succeed(c, rows, {
    page,
    per_page: perPage,
    count: rows.length,
    total_count: sorted.length,
    total_pages: Math.ceil(sorted.length / perPage),
  });
}

export async function getNamespace(c: Context<Api>): Promise<Response> {
  const found = (await ask(c.env, { do: 'read' }, 'get namespace')).find(
    ({ id }) => id === idOf(c),
  );
  if (!found) throw namespaceNotFound('get namespace');
  return succeed(c, shown(found));
}

export async function createNamespace(c: Context<Api>): Promise<Response> {
  const title = await readTitle(c, 'create namespace');
  const namespaces = await ask(c.env, { do: 'create', title }, 'create namespace');
  const created = namespaces.find((namespace) => namespace.title === title) as Namespace;
  return succeed(c, shown(created));
}

export async function renameNamespace(c: Context<Api>): Promise<Response> {
  const id = idOf(c);
  const title = await readTitle(c, 'rename namespace');
  await ask(c.env, { do: 'rename', id, title }, 'rename namespace');
  return succeed(c, shown({ id, title }));
}

/**
 * Deletes a namespace with its data, the data first, so that what was interrupted can be repeated. One that the
 * wrangler file names would be back, empty, with the next command, so it is refused.
 */
export async function deleteNamespace(c: Context<Api>): Promise<Response> {
  const id = idOf(c);
  if (isBound(c.env, id)) {
    throw badRequest("delete namespace: 'the wrangler file binds it; remove the binding first'");
  }
  await empty(findKv(c.env, id, 'delete namespace'));
  await ask(c.env, { do: 'remove', id }, 'delete namespace');
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

function sort(namespaces: Namespace[], order = 'id', direction = 'asc'): Namespace[] {
  const field = order === 'title' ? 'title' : 'id';
  const sorted = namespaces.toSorted((a, b) => (a[field] < b[field] ? -1 : 1));
  return direction === 'desc' ? sorted.reverse() : sorted;
}

function wholeNumber(text: string | undefined, fallback: number): number {
  const number = Number(text ?? fallback);
  if (!Number.isSafeInteger(number) || number < 1)
    throw badRequest(`Invalid page number "${text}"`);
  return number;
}
