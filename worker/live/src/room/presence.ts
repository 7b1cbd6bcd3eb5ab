/** Tells the room and the directory who is here. Nobody waits for the directory. */
import type { PresenceRpc } from '../../../../src/live/presence-rpc.ts';
import { CLOSE } from '../../../../src/live/protocol.ts';
import type { Conversation } from './conversation.ts';
import type { Crowd } from './crowd.ts';
import { LEASE_MS, MAX_ROOMS, PRESENCE_MS } from './limits.ts';
import type { RoomStore } from './store.ts';

/** The object that knows all rooms. */
const DIRECTORY = 'directory';

type Directory = DurableObjectNamespace<Rpc.DurableObjectBranded & PresenceRpc>;

export class Presence {
  readonly #crowd: Crowd;
  readonly #conversation: Conversation;
  readonly #store: Pick<RoomStore, 'holds' | 'listed'>;
  readonly #directory: PresenceRpc | undefined;
  /** Users whose arrival is not told yet. */
  readonly #joined = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #busy = false;
  #again = false;

  constructor(
    crowd: Crowd,
    conversation: Conversation,
    store: Pick<RoomStore, 'holds' | 'listed'>,
    namespace: Directory | undefined,
  ) {
    this.#crowd = crowd;
    this.#store = store;
    this.#conversation = conversation;
    this.#directory = namespace?.getByName(DIRECTORY) as PresenceRpc | undefined;
  }

  /** Somebody may have come or gone; what changes within a moment is told together. */
  changed(room: string, joined?: string): void {
    if (joined !== undefined) this.#joined.add(joined);
    this.#timer ??= setTimeout(() => void this.show(room), PRESENCE_MS);
  }

  /** Whether the directory has to be told that the room holds something, or that it does not any more. */
  get isUnlisted(): boolean {
    return this.#directory !== undefined && this.#store.holds !== this.#store.listed;
  }

  /** Tells what has changed, if anything has. @returns when the directory knows it */
  async show(room: string): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = null;
    const changes = this.#crowd.changes();
    const joined = [...this.#joined];
    this.#joined.clear();
    if (changes) this.#conversation.tellLive({ type: 'presence', ...changes });
    else if (!this.isUnlisted) return;
    await this.report(room);
    await this.#limitRooms(joined);
  }

  /** One report at a time; what changes meanwhile is in the next. One that is lost the lease covers. */
  async report(room: string): Promise<void> {
    this.#again = true;
    if (this.#busy) return;
    this.#busy = true;
    while (this.#again) {
      this.#again = false;
      await this.#reportOnce(room).catch(() => {});
    }
    this.#busy = false;
  }

  async #reportOnce(room: string): Promise<void> {
    const stored = this.#store.holds;
    const snapshot = { room, at: Date.now(), people: this.#crowd.people(), stored };
    await this.#directory?.report(snapshot, LEASE_MS);
    if (this.#directory) this.#store.listed = stored;
  }

  /** Sends those away who are in too many rooms, once they are in: a join waits for nobody. */
  async #limitRooms(users: readonly string[]): Promise<void> {
    for (const user of users) {
      const listed = (await this.#directory?.list({ user }).catch(() => [])) ?? [];
      if (new Set(listed.map(({ room }) => room)).size <= MAX_ROOMS) continue;
      for (const member of this.#crowd.of(user)) {
        member.close(CLOSE.tooManyRooms, `a user may be in ${MAX_ROOMS} rooms at a time`);
      }
    }
  }
}
