import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GoblinError } from '../errors.ts';

/** The Workers that the build puts beside the CLI. */
export type WorkerName = 'api' | 'edge' | 'upstream';

/** An ES module in the form that spares Miniflare from parsing it for imports. */
export interface WorkerModule {
  type: 'ESModule';
  path: string;
  contents: string;
}

/** One of the built Workers. @throws GoblinError `not_built` in a checkout that was never built. */
export function builtWorker(name: WorkerName): WorkerModule {
  const file = fileURLToPath(new URL(`${name}.js`, folder()));
  if (existsSync(file)) return workerModule(file);
  throw new GoblinError('failed', 'not_built', `The ${name} Worker is not built (${file}).`, {
    hint: 'Run `npm run build`.',
  });
}

/**
 * Any bundled Worker. `file` is an absolute path. The module goes by its bare name, for a path outside the
 * working folder is one that workerd refuses.
 */
export function workerModule(file: string): WorkerModule {
  return { type: 'ESModule', path: basename(file), contents: readFileSync(file, 'utf8') };
}

/** `workers/` beside the bundled CLI, or in `dist/` when the sources run as they are. */
function folder(): URL {
  const beside = new URL('workers/', import.meta.url);
  return existsSync(beside) ? beside : new URL('../../dist/workers/', import.meta.url);
}
