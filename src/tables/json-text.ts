/** What a column of JSON text holds; text that is no JSON is a string, as the first generation wrote it. */
export function parseStored(text: unknown): unknown {
  if (typeof text !== 'string') return text ?? null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
