/**
 * The bytes of a whole stream.
 * @param most bytes that it may have; `refuse` makes the error for more, and no more is read then
 */
export async function readAll(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  most = Number.POSITIVE_INFINITY,
  refuse: () => Error = () => new RangeError(`more than ${most} bytes`),
): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > most) throw refuse();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
