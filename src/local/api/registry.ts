/**
 * The namespaces and databases as they are now. This Worker is the only one that makes, renames and deletes
 * them, so it keeps the list in memory and writes each change to the registry's file, which the next engine
 * reads.
 */
import {
  bindingName,
  type Kind,
  REGISTRY_FILES,
  type Resource,
  type Served,
} from '../resources.ts';

/** Why a change was not made. */
export class RegistryRefusal extends Error {
  readonly reason: 'name_taken' | 'not_found' | 'no_room';

  constructor(reason: RegistryRefusal['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Writes the whole file. */
export type Save = (file: string, text: string) => Promise<void>;

export class Registry {
  private stored: Resource[];
  private readonly removed = new Set<string>();
  /** Writes are done one after the other. */
  private saved: Promise<unknown> = Promise.resolve();
  private readonly kind: Kind;
  private readonly served: Served;
  private readonly save: Save;

  constructor(kind: Kind, served: Served, save: Save) {
    this.kind = kind;
    this.served = served;
    this.save = save;
    this.stored = [...served.stored];
  }

  /** A later name of a bound resource wins over that of the wrangler file. */
  all(): Resource[] {
    const byId = new Map([...this.served.bound, ...this.stored].map((each) => [each.id, each]));
    return [...byId.values()].filter(({ id }) => !this.removed.has(id));
  }

  find(id: string): Resource | undefined {
    return this.all().find((each) => each.id === id);
  }

  /** Whether the wrangler file or the command line names it. */
  isBound(id: string): boolean {
    return this.served.bound.some((each) => each.id === id);
  }

  /** The name of the binding behind an id. */
  binding<K extends Kind>(kind: K, id: string) {
    return bindingName(kind, this.served.ids.indexOf(id));
  }

  /** @throws RegistryRefusal `name_taken`, or `no_room` where no spare id is left */
  async create(name: string): Promise<Resource> {
    this.checkFree(name);
    const known = new Set([...this.served.bound, ...this.served.stored].map(({ id }) => id));
    const spare = this.served.ids.filter((id) => !known.has(id));
    const used = new Set([...this.stored.map(({ id }) => id), ...this.removed]);
    const id = spare.find((each) => !used.has(each));
    if (id === undefined) throw new RegistryRefusal('no_room', String(spare.length));
    const createdAt = this.kind === 'd1' ? { createdAt: new Date().toISOString() } : {};
    const made = { id, name, ...createdAt };
    await this.store([...this.stored, made]);
    return made;
  }

  /** @throws RegistryRefusal `not_found`, `name_taken` */
  async rename(id: string, name: string): Promise<void> {
    const found = this.existing(id);
    this.checkFree(name, id);
    await this.store([...this.others(id), { ...found, name }]);
  }

  /** A bound one is there again, empty, when the engine next starts. @throws RegistryRefusal `not_found` */
  async remove(id: string): Promise<void> {
    this.existing(id);
    this.removed.add(id);
    await this.store(this.others(id));
  }

  private existing(id: string): Resource {
    const found = this.find(id);
    if (!found) throw new RegistryRefusal('not_found', id);
    return found;
  }

  private checkFree(name: string, id?: string): void {
    if (this.all().some((each) => each.name === name && each.id !== id)) {
      throw new RegistryRefusal('name_taken', name);
    }
  }

  private others(id: string): Resource[] {
    return this.stored.filter((each) => each.id !== id);
  }

  /** The list in memory changes at once, so that two requests at the same time cannot take one name. */
  private async store(next: Resource[]): Promise<void> {
    const before = this.stored;
    this.stored = next;
    const write = () => this.save(REGISTRY_FILES[this.kind], this.text());
    this.saved = this.saved.catch(() => {}).then(write);
    try {
      await this.saved;
    } catch (error) {
      if (this.stored === next) this.stored = before;
      throw error;
    }
  }

  private text(): string {
    const shown = this.stored.map(({ name, ...rest }) =>
      this.kind === 'kv' ? { id: rest.id, title: name } : { ...rest, name },
    );
    return `${JSON.stringify(shown, null, 2)}\n`;
  }
}
