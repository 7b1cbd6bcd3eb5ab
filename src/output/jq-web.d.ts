/** The part of jq-web that is used; the package has no types. */
declare module 'jq-web' {
  const jq: Promise<{
    /** What `jq` prints for this JSON text. @throws {Error} whose first line ends with jq's exit code */
    raw(json: string, filter: string, flags: readonly string[]): string | undefined;
  }>;
  export default jq;
}
