/**
 * When a key expires. The binding tells this only in a list, and a key is the first of those that begin
 * with it; the cursor starts the list right before the key, which spares the engine a scan from the top.
 */

/** Unix seconds, or undefined for a key that stays. */
export async function expirationOf(kv: KVNamespace, key: string): Promise<number | undefined> {
  const { keys } = await kv.list({ prefix: key, limit: 1, cursor: cursorBefore(key) });
  return keys[0]?.name === key ? keys[0].expiration : undefined;
}

/** A list cursor of the engine (base64 of the last key listed) that sorts just before `key`. */
function cursorBefore(key: string): string {
  const last = [...key].at(-1) ?? '';
  const head = key.slice(0, key.length - last.length);
  const bytes = new TextEncoder().encode(head + predecessor(last.codePointAt(0) ?? 0));
  return btoa(String.fromCharCode(...bytes));
}

/** The character before, stepping over the surrogates, which are no characters. */
function predecessor(code: number): string {
  if (code === 0) return '';
  return String.fromCodePoint(code === 0xe000 ? 0xd7ff : code - 1);
}
