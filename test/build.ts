import { buildCli, buildWorkers } from '../scripts/build.js';

/** Builds everything once, before the first test: some tests run what is shipped. */
export default async function setup(): Promise<void> {
  await Promise.all([buildCli(), buildWorkers()]);
}
