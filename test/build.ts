import { buildWorkers } from '../scripts/build.js';

/** Builds the Workers once, before the first test: the engine's tests run what is shipped. */
export default async function setup(): Promise<void> {
  await buildWorkers();
}
