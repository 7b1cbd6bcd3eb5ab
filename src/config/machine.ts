import { homeFolder } from '../io/home.ts';
import type { RunningEngine } from './edge.ts';
import { diskFiles, type Files } from './files.ts';
import { type Run, runProgram } from './run.ts';

/** All that the configuration knows of the outside. */
export interface Machine {
  env: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  cwd: string;
  /** Whether standard input and standard error are both terminals. */
  interactive: boolean;
  home: string;
  platform: NodeJS.Platform;
  /** The Node program that runs JavaScript files. */
  node: string;
  files: Files;
  run: Run;
  /** The engine that another process runs on a local state, null where there is none. */
  engineAt(stateDir: string): Promise<RunningEngine | null>;
}

/** This machine, as far as the process knows it; the caller hands in what its streams and argv say. */
export function thisMachine(
  given: Pick<Machine, 'env' | 'cwd' | 'interactive' | 'engineAt'>,
): Machine {
  return {
    ...given,
    // Asked for only where something is looked for in it.
    get home() {
      return homeFolder();
    },
    platform: process.platform,
    node: process.execPath,
    files: diskFiles,
    run: runProgram,
  };
}

/** An environment variable; set to nothing counts as not set, as shells and CI systems mean it. */
export function variable(env: Machine['env'], name: string): string | undefined {
  return env[name] === '' ? undefined : env[name];
}
