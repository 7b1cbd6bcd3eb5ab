/**
 * The KV namespaces and D1 databases that were made over the local API rather than named in a wrangler file.
 * Their names are kept in files beside the state, which the API Worker writes and the engine reads at its
 * start. workerd's bindings are fixed when it starts, so each engine binds ids that nobody uses yet: a new
 * resource takes one of them and serves at once.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GoblinError } from '../contract/errors.ts';
import { engineFolder } from './record.ts';
import { type Kind, REGISTRY_FILES, type Resource, type Served } from './resources.ts';

/** How many namespaces can be made while one engine runs. Each adds 0.1 ms to the start. */
const SPARE_NAMESPACES = 32;
/** As many databases as an account of the free plan may have. Each adds about 4 ms to the start. */
export const SPARE_DATABASES = 10;

/** The field of the file that holds a resource's name, and what a broken file is not. */
const FORMS = {
  kv: { name: 'title', list: 'a list of namespaces' },
  d1: { name: 'name', list: 'a list of databases' },
} as const;

/** The folder that the API Worker writes to; it exists afterwards. */
export function registryFolder(stateDir: string): string {
  const folder = engineFolder(stateDir);
  mkdirSync(join(folder, 'd1'), { recursive: true, mode: 0o700 });
  return folder;
}

/**
 * The resources that were made or renamed on this state.
 * @throws GoblinError `unreadable_file` where the file is not as it was written.
 */
export function storedResources(stateDir: string, kind: Kind): Resource[] {
  const file = join(engineFolder(stateDir), REGISTRY_FILES[kind]);
  try {
    const stored: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const resources = Array.isArray(stored) ? stored.map((each) => resourceIn(each, kind)) : [null];
    if (resources.every((each) => each !== null)) return resources;
    throw new Error(`it is not ${FORMS[kind].list}`);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    throw new GoblinError('failed', 'unreadable_file', `cannot read ${file}: ${message}`, {
      hint: 'Correct it or delete it. The data of what it lists stays in the state, under their ids.',
      cause,
    });
  }
}

/** What an engine on this state serves of one kind, with room for `spares` new ones. */
export function servedBy(
  stateDir: string,
  kind: Kind,
  bound: readonly Resource[],
  spares = kind === 'kv' ? SPARE_NAMESPACES : 0,
): Served {
  const stored = storedResources(stateDir, kind);
  const used = new Set([...bound, ...stored].map(({ id }) => id));
  const ids = [...used, ...Array.from({ length: spares }, NEW_ID[kind])];
  return { bound: bound.map(({ id, name }) => ({ id, name })), stored, ids };
}

/** Ids as Cloudflare makes them. */
const NEW_ID: Readonly<Record<Kind, () => string>> = {
  kv: () => randomBytes(16).toString('hex'),
  d1: randomUUID,
};

function resourceIn(value: unknown, kind: Kind): Resource | null {
  const { id, createdAt, ...rest } = (value ?? {}) as Record<string, unknown>;
  const name = rest[FORMS[kind].name];
  if (typeof id !== 'string' || typeof name !== 'string') return null;
  return { id, name, ...(typeof createdAt === 'string' && { createdAt }) };
}
