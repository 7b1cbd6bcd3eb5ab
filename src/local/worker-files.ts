import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GoblinError } from '../contract/errors.ts';

/** The Workers that the build puts beside the CLI. */
export type WorkerName = 'api' | 'edge' | 'front' | 'upstream';

/** An ES module in the form that spares Miniflare from parsing it for imports. */
export interface WorkerModule {
  type: 'ESModule';
  path: string;
  contents: string;
}

/** One of the Workers that come with goblin. @throws GoblinError `not_built`. */
export function builtWorker(name: WorkerName): WorkerModule {
  return workerModule(fileURLToPath(new URL(`${name}.js`, folder())));
}

/**
 * Any bundled Worker. `file` is an absolute path. The module goes by its bare name, for workerd refuses a
 * path outside the working folder.
 * @throws GoblinError `not_built` where there is no such file.
 */
export function workerModule(file: string): WorkerModule {
  if (existsSync(file)) {
    return { type: 'ESModule', path: basename(file), contents: readFileSync(file, 'utf8') };
  }
  throw new GoblinError('failed', 'not_built', `the Worker ${file} is not built`, {
    hint: 'Run `npm run build`.',
  });
}

/** `workers/` beside the bundled CLI, or in `dist/` when the sources run as they are. */
function folder(): URL {
  const beside = new URL('workers/', import.meta.url);
  return existsSync(beside) ? beside : new URL('../../dist/workers/', import.meta.url);
}
