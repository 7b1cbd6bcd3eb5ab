/** `…/d1/database` and `…/d1/database/{id}`: list, create, get, delete. */
import type { Context } from 'hono';
import type { Database } from '../../resources.ts';
import { type Api, type Bindings, findD1, findDatabase, registry } from '../bindings.ts';
import { RegistryRefusal } from '../registry.ts';
import { succeed } from '../reply.ts';
import {
  databaseNotFound,
  invalidProperty,
  nameTaken,
  readJson,
  tooManyDatabases,
} from './request.ts';
import { emptyDatabase, measure } from './schema.ts';

const LARGEST_PAGE = 10_000;

export async function listDatabases(c: Context<Api>): Promise<Response> {
  const page = wholeNumber(c, 'page', 1, Number.MAX_SAFE_INTEGER);
  const perPage = wholeNumber(c, 'per_page', 1000, LARGEST_PAGE);
  const name = c.req.query('name') ?? '';
  const all = registry(c.env, 'd1').all();
  const found = all.filter((database) => database.name.includes(name));
  const rows = found.slice((page - 1) * perPage, page * perPage);
  const shown = await Promise.all(rows.map((database) => show(c.env, database)));
  return succeed(c, shown, {
    page,
    per_page: perPage,
    count: rows.length,
    total_count: found.length,
  });
}

/** `?fields=uuid,name` picks fields. The path may hold a name in place of the id, as at Cloudflare. */
export async function getDatabase(c: Context<Api>): Promise<Response> {
  const shown = {
    ...(await show(c.env, findDatabase(c.env, c.req.param('database') ?? ''))),
    read_replication: { mode: 'disabled' },
  };
  const wanted = c.req.query('fields')?.split(',');
  const fields = Object.entries(shown).filter(([field]) => !wanted || wanted.includes(field));
  return succeed(c, Object.fromEntries(fields));
}

/** Where the data lies (`jurisdiction`, `primary_location_hint`) has no meaning on one machine. */
export async function postDatabase(c: Context<Api>): Promise<Response> {
  const { name } = await readJson(c.req.raw);
  if (typeof name !== 'string') throw invalidProperty('name', 'Required');
  if (!/^[\w.-]{1,64}$/.test(name)) {
    throw invalidProperty('name', 'use 1 to 64 letters, digits, "_", "-" and "."');
  }
  const made = await refusedAsD1(registry(c.env, 'd1').create(name));
  return succeed(c, await show(c.env, made));
}

/** What it held is gone at once; its empty file stays with the engine's state. */
export async function deleteDatabase(c: Context<Api>): Promise<Response> {
  const { id } = findDatabase(c.env, c.req.param('database') ?? '');
  await emptyDatabase(findD1(c.env, id));
  await refusedAsD1(registry(c.env, 'd1').remove(id));
  return succeed(c, null);
}

/** A refusal of the registry as D1 answers it. */
async function refusedAsD1<T>(change: Promise<T>): Promise<T> {
  try {
    return await change;
  } catch (error) {
    if (!(error instanceof RegistryRefusal)) throw error;
    const { reason, message } = error;
    if (reason === 'not_found') throw databaseNotFound(message);
    throw reason === 'name_taken' ? nameTaken(message) : tooManyDatabases(Number(message));
  }
}

async function show(bindings: Bindings, { id, name, createdAt }: Database) {
  const { tables, bytes } = await measure(findD1(bindings, id));
  return {
    uuid: id,
    name,
    // When a database of the wrangler file was made is not recorded anywhere.
    ...(createdAt !== undefined && { created_at: createdAt }),
    version: 'production',
    num_tables: tables,
    file_size: bytes,
  };
}

function wholeNumber(c: Context, name: string, fallback: number, largest: number): number {
  const number = Number(c.req.query(name) ?? fallback);
  if (Number.isSafeInteger(number) && number >= 1 && number <= largest) return number;
  throw invalidProperty(name, `a whole number from 1 to ${largest}`);
}
