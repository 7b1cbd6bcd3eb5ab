/** How many frames may come: of a socket, and of a user. */
import type { Refusal } from '../../../../src/live/decode.ts';
import { CLOSE, type ClientFrame } from '../../../../src/live/protocol.ts';
import { positive } from '../env.ts';
import { BURST_SECONDS, FRAMES_PER_SECOND, MAX_EXCESS } from './limits.ts';
import type { Member } from './member.ts';

/** A token bucket. A clock that goes back only pauses its refilling. */
export class Bucket {
  #tokens: number;
  #at: number;
  readonly #rate: number;
  readonly #size: number;

  /** @param rate tokens a second @param size tokens at most, and at first */
  constructor(rate: number, size: number, now: number) {
    this.#rate = rate;
    this.#size = size;
    this.#tokens = size;
    this.#at = now;
  }

  /** Milliseconds until there is a token; 0 where there is one. */
  wait(now: number): number {
    const refill = (Math.max(0, now - this.#at) * this.#rate) / 1000;
    this.#tokens = Math.min(this.#size, this.#tokens + refill);
    this.#at = now;
    return this.#tokens >= 1 ? 0 : Math.ceil(((1 - this.#tokens) * 1000) / this.#rate);
  }

  take(): void {
    this.#tokens--;
  }
}

/** The rate of each socket, and of all sockets of a user together. */
export class Rates {
  readonly #rate: number;
  readonly #users = new Map<string, Bucket>();

  constructor(given: string | number | undefined) {
    this.#rate = positive(given, FRAMES_PER_SECOND);
  }

  /** Whether a frame may be worked on; otherwise its sender is told, and closed after too many. */
  admit(member: Member, frame: ClientFrame | Refusal, now: number): boolean {
    member.buckets ??= this.#open(member.state.user, now);
    const [own, shared] = member.buckets;
    const wait = Math.max(own.wait(now), shared.wait(now));
    if (wait > 0) {
      refuse(member, frame, wait);
      return false;
    }
    own.take();
    shared.take();
    member.excess = 0;
    return true;
  }

  /** A socket's own bucket, and the one that it shares with its user's others. */
  #open(user: string, now: number): [Bucket, Bucket] {
    const shared = this.#users.get(user) ?? this.#bucket(2, now);
    // One entry for each user since the object woke.
    this.#users.set(user, shared);
    return [this.#bucket(1, now), shared];
  }

  #bucket(sockets: number, now: number): Bucket {
    const rate = this.#rate * sockets;
    return new Bucket(rate, rate * BURST_SECONDS, now);
  }
}

function refuse(member: Member, frame: ClientFrame | Refusal, retry_ms: number): void {
  if (++member.excess > MAX_EXCESS) member.close(CLOSE.flood, 'too many frames; slow down');
  const n = 'n' in frame ? { n: frame.n } : {};
  const message = 'too many frames; send it again later';
  member.tell({ type: 'error', code: 'rate_limited', message, ...n, retry_ms });
}
