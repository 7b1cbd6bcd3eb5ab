import { existsSync, statfsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, inject } from 'vitest';
import { type Engine, type EngineOptions, startEngine } from '../src/local/engine.ts';
import type { Database, Namespace } from '../src/local/resources.ts';

/** The two namespaces of an engine that a test has for itself. */
export const NAMESPACES = [
  { id: '0123456789abcdef0123456789abcdef', title: 'goblin-memory' },
  { id: 'SPARE_KV', title: 'spare' },
] as const;

export interface TestEngine extends Engine {
  stateDir: string;
  /** The id of the first namespace. */
  namespace: string;
  /** The id of the second namespace. */
  spare: string;
  /** The first D1 database. */
  database: Database;
  /** A request to a path under `/client/v4` with the engine's token. */
  api(path: string, init?: RequestInit): Promise<Response>;
  /** The same below the first namespace: `kv('/values/a', { method: 'PUT', body: '1' })`. */
  kv(path: string, init?: RequestInit): Promise<Response>;
}

/**
 * The engine of a test file or of a `describe`, ready in its tests and in the hooks that follow.
 *
 * Without options it is the engine that all files in this process share, as a start takes longer than most
 * files: two empty namespaces and an empty D1 database of it are the caller's alone. With options it is an
 * engine of its own on throw-away state, with the API alone unless `options.edge` asks for more.
 */
export function useEngine(options?: Partial<EngineOptions>): TestEngine {
  const engine = {} as TestEngine;
  beforeAll(async () => {
    Object.assign(engine, await (options ? startTestEngine(options) : partOfSharedEngine()));
  });
  afterAll(() => engine.dispose?.());
  return engine;
}

const MEMORY = '/dev/shm';

/** In memory where there is enough: an engine makes a file of each value, which takes a disk twice as long. */
export function throwAwayFolder(): Promise<string> {
  const hasRoom = () => existsSync(MEMORY) && freeBytes(MEMORY) > 2 ** 30;
  return mkdtemp(join(hasRoom() ? MEMORY : tmpdir(), 'goblin-test-'));
}

function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}

/** An engine on throw-away state, for tests that start and end it themselves. */
export async function startTestEngine(options: Partial<EngineOptions> = {}): Promise<TestEngine> {
  const folder = await throwAwayFolder();
  const stateDir = options.stateDir ?? join(folder, 'state');
  const namespaces: readonly Namespace[] = options.namespaces ?? NAMESPACES;
  const { databases = [] } = options;
  const engine = await startEngine({ ...options, namespaces, stateDir });
  const dispose = async () => {
    await engine.dispose();
    await rm(folder, { recursive: true, force: true });
  };
  const [first, second] = namespaces;
  return access({ ...engine, dispose }, stateDir, { first, second, database: databases[0] });
}

interface Part {
  first: Namespace | undefined;
  second: Namespace | undefined;
  database: Database | undefined;
}

function access(engine: Engine, stateDir: string, part: Part): TestEngine {
  const namespace = part.first?.id ?? '';
  const api = (path: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    if (!headers.has('authorization')) headers.set('authorization', `Bearer ${engine.token}`);
    const send = () => fetch(engine.apiUrl + path, { ...init, headers });
    // workerd closes a connection that was idle for long, as this process may have been busy.
    return send().catch(send);
  };
  return {
    ...engine,
    stateDir,
    namespace,
    spare: part.second?.id ?? '',
    database: part.database ?? { id: '', name: '' },
    api,
    kv: (path, init) => api(`/accounts/any/storage/kv/namespaces/${namespace}${path}`, init),
  };
}

/** How many users one shared engine has room for. Each adds about 4 ms to its start, for its database. */
const PARTS = 24;

let shared: Promise<() => TestEngine | undefined> | undefined;

/** The next part of the engine that this process shares; a new engine when all of its parts are taken. */
export async function partOfSharedEngine(): Promise<TestEngine> {
  shared ??= startShared();
  const part = (await shared)();
  if (part) return part;
  shared = undefined;
  return partOfSharedEngine();
}

/** workerd ends with this process; the global set-up removes the folder. */
async function startShared(): Promise<() => TestEngine | undefined> {
  const parts = Array.from({ length: PARTS }, (_, index) => partOf(index));
  const stateDir = await mkdtemp(join(inject('engines'), 'shared-'));
  const engine = await startEngine({
    stateDir,
    namespaces: parts.flatMap(({ first, second }) => [first, second]),
    databases: parts.map(({ database }) => database),
  });
  const shares = parts.map((part) =>
    access({ ...engine, dispose: async () => {} }, stateDir, part),
  );
  return () => shares.shift();
}

/** Ids as Cloudflare makes them. */
function partOf(index: number) {
  const hex = index.toString(16).padStart(2, '0');
  return {
    first: { id: `0123456789abcdef0123456${hex}9abcdef`, title: `memory-${hex}` },
    second: { id: `fedcba9876543210fedcba9${hex}6543210`, title: `spare-${hex}` },
    database: { id: `5b2f1c1e-7a0e-4c5b-9e9a-0d1f00c0ff${hex}`, name: `database-${hex}` },
  };
}
