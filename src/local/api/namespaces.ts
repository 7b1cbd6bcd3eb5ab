/** `GET …/namespaces` and `GET …/namespaces/{id}`: the namespaces of the wrangler file, fixed at start. */
import type { Context } from 'hono';
import type { Namespace } from '../namespaces.ts';
import { type Api, findNamespace } from './bindings.ts';
import { succeed } from './envelope.ts';
import { badRequest } from './failure.ts';

const shown = ({ id, title }: Namespace) => ({ id, title, supports_url_encoding: true });

export function listNamespaces(c: Context<Api>): Response {
  const page = wholeNumber(c.req.query('page'), 1);
  const perPage = wholeNumber(c.req.query('per_page'), 20);
  const sorted = sort(c.env.NAMESPACES, c.req.query('order'), c.req.query('direction'));
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
  return succeed(c, shown(findNamespace(c.env, c.req.param('namespace') ?? '', 'get namespace')));
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
