/**
 * An API token or key. The text sits in a private field, so no log line, `inspect`, template or JSON of
 * anything that holds it can show it; only the client that signs requests calls `reveal`.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** In UTF-16 units: what a person may know of a secret without holding a part of it. */
  get length(): number {
    return this.#text.length;
  }

  reveal(): string {
    return this.#text;
  }
}
