import type { RunningEngine } from '../../src/config/edge.ts';
import type { Machine } from '../../src/config/machine.ts';
import type { RunResult } from '../../src/config/run.ts';

export interface Fake {
  env?: Record<string, string>;
  cwd?: string;
  interactive?: boolean;
  platform?: NodeJS.Platform;
  /** Path → text; folders are those the paths imply. */
  disk?: Record<string, string>;
  /** The engine that runs on any state. */
  engine?: RunningEngine;
  /** What the one program that may be run answers. */
  answer?: RunResult;
}

/** A machine that is a few values, and the programs that were run on it, one line each. */
export function fakeMachine(fake: Fake = {}): Machine & { ran: string[] } {
  const disk = new Map(Object.entries(fake.disk ?? {}));
  const ran: string[] = [];
  return {
    env: fake.env ?? {},
    cwd: fake.cwd ?? '/repo',
    interactive: fake.interactive ?? false,
    home: '/home/ada',
    platform: fake.platform ?? 'linux',
    node: '/bin/node',
    ran,
    engineAt: async () => fake.engine ?? null,
    files: {
      isFile: (path) => disk.has(path),
      readText: (path) => disk.get(path) ?? '',
      list: (dir) =>
        [...disk.keys()]
          .filter((path) => path.startsWith(`${dir}/`))
          .map((path) => path.slice(dir.length + 1)),
    },
    run: async (file, args) => {
      ran.push([file, ...args].join(' '));
      return fake.answer ?? { ok: false, reason: 'it exited with 1' };
    },
  };
}

/** A wrangler installed in the project. */
export const WRANGLER = { '/repo/node_modules/wrangler/bin/wrangler.js': '' };

/** The login wrangler has stored for its user. */
export const STORED_LOGIN = { '/home/ada/.config/.wrangler/config/default.toml': '' };
