/** What a column of JSON text holds; text that is no JSON is a string, as the first generation wrote it. */
export function parseStored(text: unknown): unknown {
  if (typeof text !== 'string') return text ?? null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The fields of a JSON object; anything else has none. */
export function storedObject(text: unknown): Record<string, unknown> {
  const value = parseStored(text);
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
