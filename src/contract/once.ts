/**
 * Makes a value on first use and keeps it. A promise that is rejected is kept too: what failed once in a run
 * is not tried again in the same run.
 */
export function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
