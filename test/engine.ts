import { existsSync, statfsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Engine, type EngineOptions, startEngine } from '../src/local/engine.ts';
import type { Namespace } from '../src/local/resources.ts';

/** The two namespaces of a test engine. */
export const NAMESPACES: readonly Namespace[] = [
  { id: '0123456789abcdef0123456789abcdef', title: 'goblin-memory' },
  { id: 'SPARE_KV', title: 'spare' },
];

export interface TestEngine extends Engine {
  stateDir: string;
  /** The id of the first namespace. */
  namespace: string;
  /** A request to a path under `/client/v4` with the engine's token. */
  api(path: string, init?: RequestInit): Promise<Response>;
  /** The same below the first namespace: `kv('/values/a', { method: 'PUT', body: '1' })`. */
  kv(path: string, init?: RequestInit): Promise<Response>;
}

const MEMORY = '/dev/shm';

/** In memory where there is enough: the engine makes a file of each value, which takes a disk twice as long. */
function throwAwayFolder(): string {
  if (!existsSync(MEMORY)) return tmpdir();
  const { bavail, bsize } = statfsSync(MEMORY);
  return bavail * bsize > 2 ** 30 ? MEMORY : tmpdir();
}

/** An engine on throw-away state: the API alone unless `options.edge` asks for more. */
export async function startTestEngine(options: Partial<EngineOptions> = {}): Promise<TestEngine> {
  const folder = await mkdtemp(join(throwAwayFolder(), 'goblin-test-'));
  const stateDir = options.stateDir ?? join(folder, 'state');
  const engine = await startEngine({ namespaces: NAMESPACES, ...options, stateDir });
  const namespace = (options.namespaces ?? NAMESPACES)[0]?.id ?? '';
  const api = (path: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    if (!headers.has('authorization')) headers.set('authorization', `Bearer ${engine.token}`);
    return fetch(engine.apiUrl + path, { ...init, headers });
  };
  return {
    ...engine,
    stateDir,
    namespace,
    api,
    kv: (path, init) => api(`/accounts/any/storage/kv/namespaces/${namespace}${path}`, init),
    dispose: async () => {
      await engine.dispose();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
