import type { TestEngine } from './engine.ts';

/** The names of all keys in a test engine's first namespace that begin with `prefix`. */
export async function stored(engine: TestEngine, prefix = ''): Promise<string[]> {
  const names: string[] = [];
  let cursor = '';
  do {
    const query = new URLSearchParams({ prefix, ...(cursor && { cursor }) });
    const page = (await (await engine.kv(`/keys?${query}`)).json()) as {
      result: { name: string }[];
      result_info: { cursor: string };
    };
    names.push(...page.result.map(({ name }) => name));
    cursor = page.result_info.cursor;
  } while (cursor);
  return names;
}

/** Empties a test engine's first namespace. */
export async function wipe(engine: TestEngine): Promise<void> {
  const names = await stored(engine);
  for (let from = 0; from < names.length; from += 10_000) {
    const body = JSON.stringify(names.slice(from, from + 10_000));
    await engine.kv('/bulk/delete', { method: 'POST', body });
  }
}
