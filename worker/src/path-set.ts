/** Paths that share a behaviour: exact ones, and all below a prefix written as `/models/*`. */
export interface PathSet {
  exact: ReadonlySet<string>;
  /** Each ends with a slash. */
  prefixes: readonly string[];
}

export function pathSet(paths: readonly string[]): PathSet {
  const isPrefix = (path: string) => path.endsWith('/*');
  return {
    exact: new Set(paths.filter((path) => !isPrefix(path))),
    prefixes: paths.filter(isPrefix).map((path) => path.slice(0, -1)),
  };
}

export function hasPath({ exact, prefixes }: PathSet, path: string): boolean {
  return exact.has(path) || prefixes.some((prefix) => path.startsWith(prefix));
}
