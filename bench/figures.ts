/** What every benchmark does with its figures. */

export function median(values: readonly number[]): number {
  return [...values].sort((x, y) => x - y)[Math.floor(values.length / 2)] ?? Number.NaN;
}

export function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** Says whether a target is kept; one that is missed is exit 1. */
export function verdict(what: string, kept: boolean): void {
  console.log(`${what}: ${kept ? 'kept' : 'MISSED'}`);
  if (!kept) process.exitCode = 1;
}
