/** What a client sends: checked, counted against its rate, and passed to what does it. */
import { decodeClientFrame, type Refusal } from '../../../../src/live/decode.ts';
import { CLOSE, type ClientFrame } from '../../../../src/live/protocol.ts';
import type { Conversation } from './conversation.ts';
import { MAX_MALFORMED } from './limits.ts';
import type { Member } from './member.ts';
import { Rates } from './rate.ts';
import { end } from './upkeep.ts';

type Frame<Type extends ClientFrame['type']> = Extract<ClientFrame, { type: Type }>;
type Greet = (member: Member, hello: Frame<'hello'>) => void;

export class Incoming {
  readonly #conversation: Conversation;
  readonly #rates: Rates;
  readonly #greet: Greet;

  /** @param framesPerSecond of a socket; by default what the limits say */
  constructor(
    conversation: Conversation,
    framesPerSecond: string | number | undefined,
    greet: Greet,
  ) {
    this.#conversation = conversation;
    this.#rates = new Rates(framesPerSecond);
    this.#greet = greet;
  }

  receive(member: Member, data: string | ArrayBuffer): void {
    const now = Date.now();
    member.hear(now);
    const frame = decodeClientFrame(data);
    if (member.state.expires_at <= now) end(member);
    else if (frame.type === 'sync') {
      // No work, and a late answer must not be refused: without it the client gets nothing more.
      member.answer(frame.sent, now);
      this.#conversation.catchUp(member);
    } else if (this.#rates.admit(member, frame, now)) {
      if (frame.type === 'refusal') refuse(member, frame);
      else this.#take(member, frame, now);
    }
  }

  #take(member: Member, frame: Exclude<ClientFrame, Frame<'sync'>>, now: number): void {
    if (frame.type === 'hello') this.#greet(member, frame);
    else if (!member.state.client) {
      const message = 'the first frame is hello';
      member.tell({ type: 'error', code: 'hello_first', message });
    } else {
      member.state.active = now;
      if (frame.type === 'message') this.#message(member, frame);
      else if (frame.type === 'edit') this.#conversation.add(member, frame);
      else this.#conversation.typing(member, frame.on);
    }
  }

  /** Numbers have no holes: what is acknowledged up to n is stored up to n, whatever was refused before. */
  #message(member: Member, frame: Frame<'message'>): void {
    const { n } = frame;
    if (n === member.queued + 1) {
      member.queued = n;
      this.#conversation.add(member, frame);
    } else if (n > member.queued) {
      const expected = member.queued + 1;
      const message = `the next message has number ${expected}`;
      member.tell({ type: 'error', code: 'out_of_order', message, n, expected });
    } else if (n <= member.mark) {
      member.tell({ type: 'ack', n: member.mark });
    }
  }
}

function refuse(member: Member, { code, message }: Refusal): void {
  member.tell({ type: 'error', code, message });
  if (++member.malformed >= MAX_MALFORMED) {
    member.close(CLOSE.badProtocol, 'too many frames that are not valid');
  }
}
