/**
 * Keeps what V8 makes of goblin's files from one run to the next, for compiling them is a third of a short
 * command (`npm run bench:startup`). By what V8 gives to embedders
 * (nodejs.org/api/vm.html#scriptcreatecacheddata): Node 20 has no compile cache of its own, and that of
 * Node 22 leaves half of the gain. Its two variables are obeyed here as well.
 */
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { cacheFolder } from './home.ts';
import { VERSION } from './version.ts';
import { writeWhole } from './write-whole.ts';

/** The part of Node's loader of CommonJS files that is used here. */
interface Loader {
  prototype: { _compile(this: Loading, code: string, file: string, ...more: unknown[]): unknown };
  wrap(code: string): string;
}

interface Loading {
  exports: unknown;
  require(id: string): unknown;
}

/** Compiles this package's files, from now on, by what an earlier run left in the user's cache folder. */
export function keepCompiled(env: Readonly<Record<string, string | undefined>>): void {
  if (env.NODE_DISABLE_COMPILE_CACHE) return;
  const loader = process.getBuiltinModule('node:module') as unknown as Loader;
  const parent = env.NODE_COMPILE_CACHE || join(cacheFolder(env), 'compiled');
  const folder = join(parent, `goblin-${VERSION}-${process.version}-${process.arch}`);
  const ours = import.meta.dirname;
  const isSafe = isOwn(folder);
  const compiled = new Map<string, Script>();
  const compile = loader.prototype._compile;
  loader.prototype._compile = function (code, file, ...more) {
    if (dirname(file) !== ours) return compile.call(this, code, file, ...more);
    // V8 tells sources apart by their length alone; the names of built files hold a hash of their content.
    const kept = join(folder, basename(file));
    const cachedData = isSafe ? read(kept) : undefined;
    const options = { filename: file, ...(cachedData && { cachedData }) };
    const script = new Script(loader.wrap(code), options);
    // V8 refuses what another V8 made, and what was cut short.
    if (!cachedData || script.cachedDataRejected) compiled.set(kept, script);
    const require = (id: string) => this.require(id);
    return script.runInThisContext().call(this.exports, this.exports, require, this, file, ours);
  };
  process.on('exit', () => keep(folder, compiled));
}

/** Code is only taken from a folder that nobody else made. */
function isOwn(folder: string): boolean {
  try {
    const { uid } = statSync(folder);
    return uid === (process.getuid?.() ?? uid);
  } catch {
    return false;
  }
}

function read(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

/** Written at the end, when all functions that the command used are compiled. Whatever fails costs time only. */
function keep(folder: string, compiled: ReadonlyMap<string, Script>): void {
  if (compiled.size === 0) return;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const [file, script] of compiled) writeWhole(file, script.createCachedData());
  } catch {
    // A full disk, a home that cannot be written: the next run compiles again.
  }
}
