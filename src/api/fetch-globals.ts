/**
 * What Cloudflare's SDK touches of Node's fetch in every request, in a form that does not load all of it:
 * that takes longer than everything else in a command together (`npm run bench:startup`). The build puts
 * these in the place of the globals, in the SDK too.
 */

/** On a bare Map. Cookies, which the built-in headers keep apart, are joined like any other. */
export class Headers extends Map<string, string | null> {
  constructor(init?: Iterable<readonly [string, string]> | Readonly<Record<string, string>>) {
    super();
    const given = init ?? [];
    const pairs = Symbol.iterator in given ? given : Object.entries(given);
    for (const [name, value] of pairs) this.append(name, value);
  }

  /** Null, not undefined, where there is none. */
  override get(name: string): string | null {
    return super.get(name.toLowerCase()) ?? null;
  }

  override has(name: string): boolean {
    return super.has(name.toLowerCase());
  }

  override set(name: string, value: string): this {
    return super.set(name.toLowerCase(), trimmed(value));
  }

  override delete(name: string): boolean {
    return super.delete(name.toLowerCase());
  }

  append(name: string, value: string): void {
    const before = this.has(name) ? `${this.get(name)}, ` : '';
    super.set(name.toLowerCase(), before + trimmed(value));
  }
}

/** Without the blanks around it (https://fetch.spec.whatwg.org/#concept-header-value-normalize). */
function trimmed(value: string): string {
  return value.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '');
}
