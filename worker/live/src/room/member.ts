/**
 * One socket of a room. What has to outlive the object's hibernation is in the socket's attachment.
 * workerd does not tell how much of what was sent is still in memory, so the client tells what it has got.
 */

import type { ServerFrame } from '../../../../src/live/protocol.ts';
import type { Identity } from '../../../../src/live/rpc.ts';
import { MAX_UNANSWERED, RESUME_BELOW, SYNC_EVERY, SYNC_MS } from './limits.ts';
import type { Bucket } from './rate.ts';

const OPEN = 1;
/** Milliseconds of activity that a hibernating object may forget. */
const SAVE_MS = 5000;

/** What is attached to a socket: some 700 bytes of the 16 KB that it may be. */
export interface Attachment extends Identity {
  room: string;
  /** Empty until the client has said hello. */
  client: string;
  /** When the user came, and last did something; when anything was last heard of the client. */
  since: number;
  active: number;
  heard: number;
  /** UTF-16 units: sent, sent when the client was last asked, and received as it says. */
  sent: number;
  asked: number;
  answered: number;
  /** Since when an answer is missing; 0 where none is. */
  askedAt: number;
  /** The client gets what happens as it happens. Otherwise it has all up to the next three numbers. */
  live: boolean;
  seq: number;
  doc: number;
  floor: number;
  /** The room has closed it; its end may be told late. */
  gone: boolean;
}

export class Member {
  readonly ws: WebSocket;
  readonly state: Attachment;
  /** The highest number of the client's messages that is stored, and that waits to be. */
  mark = 0;
  queued = 0;
  /** Frames beyond the rate in a row, and frames that were not valid. */
  excess = 0;
  malformed = 0;
  /** What limits its rate; made with its first frame. */
  buckets: [Bucket, Bucket] | undefined;
  #savedAt = 0;

  constructor(ws: WebSocket, state: Attachment) {
    this.ws = ws;
    this.state = state;
  }

  static of(ws: WebSocket): Attachment | null {
    return ws.deserializeAttachment();
  }

  get isOpen(): boolean {
    return this.ws.readyState === OPEN && !this.state.gone;
  }

  get unanswered(): number {
    return this.state.sent - this.state.answered;
  }

  /** Whether there is room for more of what the client has missed. */
  get mayResume(): boolean {
    return this.isOpen && !this.state.live && this.unanswered < RESUME_BELOW;
  }

  get isOverfull(): boolean {
    return this.unanswered > MAX_UNANSWERED;
  }

  /** Whether a `sync` has been without its answer for too long. */
  isStuck(now: number): boolean {
    return this.state.askedAt > 0 && now - this.state.askedAt > SYNC_MS;
  }

  save(): void {
    this.#savedAt = this.state.heard;
    this.ws.serializeAttachment(this.state);
  }

  /** Takes note of a sign of life. */
  hear(now: number): void {
    this.state.heard = now;
    if (Math.abs(now - this.#savedAt) > SAVE_MS) this.save();
  }

  tell(frame: ServerFrame): void {
    this.send(JSON.stringify(frame));
  }

  /** A socket that has just broken takes nothing; its end is told in its own event. */
  send(text: string): void {
    // To ask for `readyState` costs as much as to send.
    if (this.state.gone) return;
    try {
      this.ws.send(text);
    } catch {
      return;
    }
    const { state } = this;
    state.sent += text.length;
    if (state.sent - state.asked < SYNC_EVERY) return;
    state.asked = state.sent;
    state.askedAt ||= Date.now();
    this.ws.send(`{"type":"sync","sent":${state.sent}}`);
    this.save();
  }

  /** The client has everything up to what it was asked about then. */
  answer(sent: number, now: number): void {
    const { state } = this;
    state.answered = Math.max(state.answered, Math.min(sent, state.asked));
    state.askedAt = state.answered === state.asked ? 0 : now;
  }

  close(code: number, reason: string): void {
    if (!this.isOpen) return;
    this.state.gone = true;
    this.save();
    this.ws.close(code, reason);
  }
}
