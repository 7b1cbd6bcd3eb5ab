/** How long a watch waits before it connects again. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

/**
 * Milliseconds after so many failures before this one: twice as long each time, half of it by chance, so that
 * several watches do not come back together.
 */
export function backoff(failures: number, random: () => number): number {
  const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
  return wait * (0.5 + random() / 2);
}
