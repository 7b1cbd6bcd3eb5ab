import type { Plugin } from 'rolldown';

export interface LateBuiltinsOptions {
  root: string;
  ours: (path: string) => boolean;
  everywhere?: readonly string[];
  optional?: readonly string[];
}

/** Loads Node's own modules on their first use, and fails the build where that would change a program. */
export function lateBuiltins(options: LateBuiltinsOptions): Plugin;
