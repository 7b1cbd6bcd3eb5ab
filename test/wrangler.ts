/** wrangler as a test runs it: another client of the API, and another owner of the state. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The package's own wrangler. */
const PACKAGE = new URL('../node_modules/wrangler/', import.meta.url);

/** Whether its launcher takes this Node; an older one it refuses with a message. */
export const TAKES_THIS_NODE = major(process.versions.node) >= major(wantedNode());

/** What the launcher starts runs on every Node that goblin supports. */
const SCRIPT = TAKES_THIS_NODE ? 'bin/wrangler.js' : 'wrangler-dist/cli.js';

export interface WranglerOptions {
  /** Its working folder and its home. */
  folder: string;
  env?: Record<string, string>;
  /** Node and the script, if not those of this package. */
  command?: readonly [node: string, script: string];
}

/** Runs wrangler and gives what it prints, byte for byte; an exit code other than 0 rejects with its output. */
export function wranglerIn({ folder, env, command }: WranglerOptions) {
  const [node, script] = command ?? [process.execPath, fileURLToPath(new URL(SCRIPT, PACKAGE))];
  const options = {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      CI: '1',
      WRANGLER_SEND_METRICS: 'false',
      ...env,
    },
    encoding: 'buffer' as const,
    maxBuffer: 2 ** 26,
  };
  return (...args: string[]): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      execFile(node, [script, ...args], options, (error, stdout, stderr) => {
        if (error) reject(new Error(`wrangler ${args.join(' ')}: ${stdout}${stderr}`));
        else resolve(stdout);
      });
    });
}

function wantedNode(): string {
  const { engines } = JSON.parse(readFileSync(new URL('package.json', PACKAGE), 'utf8'));
  return /[\d.]+/.exec(engines.node)?.[0] ?? '';
}

function major(version: string): number {
  return Number.parseInt(version, 10);
}
