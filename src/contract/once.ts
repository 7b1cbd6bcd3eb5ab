/**
 * Makes a value on first use and keeps it. A rejection is kept too: what failed once in a run is not tried
 * again in the same run.
 */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
