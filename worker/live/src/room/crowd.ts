/** Who is in a room: its open sockets by user, and what the others have been told of them. */
import type { Person } from '../../../../src/live/protocol.ts';
import type { Member } from './member.ts';

export class Crowd {
  readonly #members = new Map<WebSocket, Member>();
  #shown = new Map<string, Person>();

  add(member: Member): void {
    this.#members.set(member.ws, member);
  }

  get(ws: WebSocket): Member | undefined {
    return this.#members.get(ws);
  }

  /** @param user whose it was, where this object woke up by its end: the others still have to be told. */
  remove(ws: WebSocket, user = ''): void {
    if (this.#members.delete(ws) || user === '') return;
    this.#shown.set(user, { user, since: 0, lastActive: 0, sockets: 0 });
  }

  /** All sockets, those included that are about to be removed. */
  get all(): Iterable<Member> {
    return this.#members.values();
  }

  /** The open sockets. */
  get members(): Member[] {
    return [...this.#members.values()].filter(({ isOpen }) => isOpen);
  }

  of(user: string): Member[] {
    return this.members.filter(({ state }) => state.user === user);
  }

  /** Those who have said hello: one entry a user, however many sockets. */
  people(): Person[] {
    return peopleOf(this.members);
  }

  /** Those whom everybody knows of. Who has just come is told to all together. */
  get shown(): Person[] {
    return [...this.#shown.values()];
  }

  /** Takes it that the others know everybody who has a socket, closed ones included. */
  assumeShown(): void {
    this.#shown = byUser(peopleOf([...this.#members.values()]));
  }

  /** What has changed since it was last asked; undefined where nothing has. */
  changes(): { changed: Person[]; left: string[] } | undefined {
    const now = byUser(this.people());
    const changed = [...now.values()].filter((person) => {
      const shown = this.#shown.get(person.user);
      return JSON.stringify(shown) !== JSON.stringify(person);
    });
    const left = [...this.#shown.keys()].filter((user) => !now.has(user));
    this.#shown = now;
    return changed.length || left.length ? { changed, left } : undefined;
  }
}

function byUser(people: Person[]): Map<string, Person> {
  return new Map(people.map((person) => [person.user, person]));
}

function peopleOf(members: Member[]): Person[] {
  const people = new Map<string, Person>();
  for (const { state } of members) {
    if (!state.client) continue;
    const { user, since, active } = state;
    const person = people.get(user) ?? { user, since, lastActive: active, sockets: 0 };
    person.since = Math.min(person.since, since);
    person.lastActive = Math.max(person.lastActive, active);
    person.sockets++;
    people.set(user, person);
  }
  return [...people.values()];
}
