import { rm } from 'node:fs/promises';
import type { TestProject } from 'vitest/node';
import { buildCli, buildWorkers } from '../scripts/build.js';
import { throwAwayFolder } from './engine.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A folder for the state of the shared engines, removed after the last test. */
    engines: string;
  }
}

/** Builds everything once, before the first test: some tests run what is shipped. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const engines = await throwAwayFolder();
  project.provide('engines', engines);
  await Promise.all([buildCli(), buildWorkers()]);
  // A workerd whose process has just ended may still hold a file for a moment.
  return () => rm(engines, { recursive: true, force: true, maxRetries: 9, retryDelay: 200 });
}
