/**
 * What wrangler knows of a login. Its store is its own affair (it may sit in a keyring, and only wrangler
 * can refresh what is in it), so wrangler itself is asked; that takes more than a second, so only when
 * nothing else decides.
 */
import { isAbsolute, join } from 'node:path';
import { upward } from './locate.ts';
import type { Machine } from './machine.ts';
import type { RunResult } from './run.ts';

interface Program {
  file: string;
  args: readonly string[];
}

/** Long enough for wrangler to start and to refresh a login over a slow network. */
const TIMEOUT_MS = 15_000;

const SCRIPT = join('node_modules', 'wrangler', 'bin', 'wrangler.js');

/**
 * Whether wrangler has ever stored a login here: a `config` folder with a `.toml` (or `.enc`, where the key
 * is in a keyring) under any of the folders it uses on the systems it runs on.
 */
export function mayBeLoggedIn({ files, home, env }: Machine): boolean {
  const parents = [
    home,
    join(home, '.config'),
    join(home, 'Library', 'Preferences'),
    env.XDG_CONFIG_HOME,
    env.APPDATA && join(env.APPDATA, 'xdg.config'),
  ];
  return parents
    .filter((parent): parent is string => parent !== undefined && parent !== '')
    .flatMap((parent) => files.list(join(parent, '.wrangler', 'config')))
    .some((name) => /\.(toml|enc)$/.test(name));
}

/** Relative entries of PATH are ignored: they would run a program of the current folder. */
function pathFolders({ env, platform }: Machine): string[] {
  const path = env.PATH ?? env.Path ?? '';
  return path.split(platform === 'win32' ? ';' : ':').filter((dir) => isAbsolute(dir));
}

/**
 * The wrangler of the nearest `node_modules`, else the one on PATH; undefined where there is none.
 * Scripts are run by Node rather than through `.cmd` files, which need a shell on Windows.
 */
export function findWrangler(machine: Machine): Program | undefined {
  const { files, cwd, node, platform } = machine;
  const folders = pathFolders(machine);
  const scripts = [...upward(cwd), ...(platform === 'win32' ? folders : [])];
  const script = scripts.map((dir) => join(dir, SCRIPT)).find((path) => files.isFile(path));
  if (script !== undefined) return { file: node, args: [script] };
  const program = folders.map((dir) => join(dir, 'wrangler')).find((path) => files.isFile(path));
  return platform === 'win32' || program === undefined ? undefined : { file: program, args: [] };
}

/** `wrangler auth token --json`. It gets no terminal, so it cannot begin to ask questions itself. */
export async function askWrangler(machine: Machine, program: Program): Promise<RunResult> {
  const { cwd, env, run } = machine;
  return await run(program.file, [...program.args, 'auth', 'token', '--json'], {
    cwd,
    env: { ...env, WRANGLER_SEND_METRICS: 'false', WRANGLER_HIDE_BANNER: 'true' },
    timeoutMs: TIMEOUT_MS,
  });
}
