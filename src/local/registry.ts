/**
 * The KV namespaces that were made or renamed over the API. Their names are kept beside the state; their data
 * is in the state, under their ids. workerd's bindings are fixed when it starts, so each engine binds a stock
 * of ids that nobody uses yet: a new namespace takes one of them, and serves at once.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { GoblinError } from '../contract/errors.ts';
import { writeWhole } from '../io/write-whole.ts';
import type { Namespace, NamespaceReply, NamespaceRequest } from './namespaces.ts';
import { engineFolder } from './record.ts';

/** How many namespaces can be made while one engine runs. Each costs a start 0.1 ms. */
const SPARE_IDS = 32;

export interface Registry {
  /** Every id to bind: in use or spare. */
  ids: readonly string[];
  change(request: NamespaceRequest): NamespaceReply;
}

const fileIn = (stateDir: string) => join(engineFolder(stateDir), 'namespaces.json');

/** The registry of a state. `bound` are the namespaces that the wrangler file or the command line names. */
export function openRegistry(stateDir: string, bound: readonly Namespace[]): Registry {
  let stored = storedNamespaces(stateDir);
  const spares = Array.from({ length: SPARE_IDS }, () => randomBytes(16).toString('hex'));
  const ids = [...new Set([...bound, ...stored].map(({ id }) => id)), ...spares];

  const titles = () => new Map([...bound, ...stored].map(({ id, title }) => [id, title]));
  const store = (namespaces: Namespace[]): NamespaceReply => {
    write(stateDir, namespaces);
    stored = namespaces;
    return all();
  };
  const all = () => ({ namespaces: [...titles()].map(([id, title]) => ({ id, title })) });
  const isTaken = (title: string, id?: string) =>
    [...titles()].some(([other, name]) => name === title && other !== id);
  const others = (id: string) => stored.filter((namespace) => namespace.id !== id);

  const change = (request: NamespaceRequest): NamespaceReply => {
    if (request.do === 'read') return all();
    if (request.do === 'create') {
      if (isTaken(request.title)) return titleExists(request.title);
      const id = spares.shift();
      return id === undefined ? noRoom() : store([...stored, { id, title: request.title }]);
    }
    const { id } = request;
    if (!titles().has(id)) return { refused: 'not_found', why: 'namespace not found' };
    if (request.do === 'remove') return store(others(id));
    if (isTaken(request.title, id)) return titleExists(request.title);
    return store([...others(id), { id, title: request.title }]);
  };
  return { ids, change };
}

/**
 * The namespaces that were made or renamed on this state.
 * @throws GoblinError `unreadable_file` where the file is not as it was written.
 */
export function storedNamespaces(stateDir: string): Namespace[] {
  const file = fileIn(stateDir);
  try {
    const stored: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (Array.isArray(stored) && stored.every(isNamespace)) return stored;
    throw new Error('it is not a list of namespaces');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    throw new GoblinError('failed', 'unreadable_file', `cannot read ${file}: ${message}`, {
      hint: 'Correct it or delete it. The data of its namespaces stays in the state, under their ids.',
      cause,
    });
  }
}

/** Answers the API Worker's requests, each of them a POST with a `NamespaceRequest`. */
export function answerFrom({ change }: Registry) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const reply = await json(request)
      .then((body) => change(body as NamespaceRequest))
      .catch((error): NamespaceReply => ({ refused: 'failed', why: String(error) }));
    response.setHeader('content-type', 'application/json').end(JSON.stringify(reply));
  };
}

function write(stateDir: string, namespaces: Namespace[]): void {
  mkdirSync(engineFolder(stateDir), { recursive: true, mode: 0o700 });
  writeWhole(fileIn(stateDir), `${JSON.stringify(namespaces, null, 2)}\n`);
}

function isNamespace(value: unknown): value is Namespace {
  const { id, title } = (value ?? {}) as Partial<Namespace>;
  return typeof id === 'string' && typeof title === 'string';
}

function titleExists(title: string): NamespaceReply {
  return { refused: 'title_exists', why: `a namespace with the title "${title}" already exists` };
}

function noRoom(): NamespaceReply {
  const why = `one engine makes at most ${SPARE_IDS} namespaces; restart it to make more`;
  return { refused: 'no_room', why };
}
