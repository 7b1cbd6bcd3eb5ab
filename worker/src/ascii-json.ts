/** JSON in printable ASCII: any header carries it, and any JSON parser reads it. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^ -~]/g,
    (unit) => `\\u${(unit.charCodeAt(0) + 0x10000).toString(16).slice(1)}`,
  );
}
