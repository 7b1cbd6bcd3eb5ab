import type { BuildResult } from 'esbuild';

/** Builds the CLI into `dist/`, over what is there. */
export function buildCli(): Promise<void>;

/** Builds the Workers into `dist/workers/`, over what is there. */
export function buildWorkers(): Promise<BuildResult>;
