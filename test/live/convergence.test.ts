/** Clients and a room over a network that drops, doubles, reorders and delays. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RoomClient } from '../../src/live/client.ts';
import {
  type Field,
  isCurrent,
  mergeFields,
  newReplica,
  visible,
} from '../../src/live/document.ts';
import type { ChatMessage, ClientFrame, ServerFrame } from '../../src/live/protocol.ts';

/** What a room does, without its store: the rules are the same functions. */
class Model {
  readonly log: ChatMessage[] = [];
  readonly fields = new Map<string, Field>();
  readonly marks = new Map<string, number>();
  rev = 0;

  receive(client: string, frame: ClientFrame): { own: ServerFrame[]; all: ServerFrame[] } {
    const mark = this.marks.get(client) ?? 0;
    switch (frame.type) {
      case 'hello':
        return { own: this.#welcome(client, mark, frame.since ?? 0, frame.doc ?? 0), all: [] };
      case 'message': {
        const { n, text } = frame;
        if (n <= mark) return { own: [{ type: 'ack', n: mark }], all: [] };
        if (n > mark + 1) {
          const error = { type: 'error', code: 'out_of_order', message: '', n } as const;
          return { own: [error], all: [] };
        }
        this.marks.set(client, n);
        const after = this.log.length;
        const message = { seq: after + 1, at: 0, user: client, client, n, text };
        this.log.push(message);
        const all: ServerFrame = { type: 'messages', after, upto: after + 1, messages: [message] };
        return { own: [{ type: 'ack', n }], all: [all] };
      }
      case 'edit': {
        const { n, field, base, value } = frame;
        const current = this.fields.get(field);
        if (!isCurrent(current, 0, base)) {
          const none = { field, version: 0, value: null, user: '', client: '', n: 0, at: 0 };
          return { own: [{ type: 'conflict', n, field: current ?? none }], all: [] };
        }
        const after = this.rev;
        const version = ++this.rev;
        const stored = { field, version, value, user: client, client, n, at: 0 };
        this.fields.set(field, stored);
        const all: ServerFrame = { type: 'fields', after, upto: version, fields: [stored] };
        return { own: [{ type: 'edited', n, version }], all: [all] };
      }
      default:
        return { own: [], all: [] };
    }
  }

  #welcome(client: string, mark: number, since: number, doc: number): ServerFrame[] {
    const fields = [...this.fields.values()].filter(({ version }) => version > doc);
    const seq = this.log.length;
    const { rev } = this;
    return [
      {
        type: 'welcome',
        version: 1,
        room: 'r',
        user: client,
        epoch: 'e',
        mark,
        seq,
        doc: rev,
        from: since,
      },
      { type: 'messages', after: since, upto: seq, messages: this.log.slice(since) },
      { type: 'fields', after: doc, upto: rev, fields },
    ];
  }
}

const CLIENTS = ['a', 'b', 'c'];
const step = fc.record({
  who: fc.nat(2),
  act: fc.constantFrom('say', 'set', 'delete', 'up', 'down', 'up', 'down', 'hello', 'resend'),
  field: fc.constantFrom('title', 'body'),
  fate: fc.constantFrom('deliver', 'deliver', 'drop', 'double'),
  pick: fc.nat(50),
});

interface Link {
  client: RoomClient;
  up: ClientFrame[];
  down: ServerFrame[];
  got: ChatMessage[];
}

describe('over any network', () => {
  it('all replicas converge, each message is stored once and all see one order', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 150, size: 'max' }), (steps) => {
        const model = new Model();
        const links = CLIENTS.map(
          (id): Link => ({ client: new RoomClient(id), up: [], down: [], got: [] }),
        );
        let values = 0;
        const said: string[] = [];
        const serve = (link: Link, frame: ClientFrame) => {
          const { own, all } = model.receive(link.client.client, frame);
          link.down.push(...own);
          for (const each of links) each.down.push(...all);
        };
        const hear = (link: Link, frame: ServerFrame) => {
          const { send, messages } = link.client.receive(frame);
          link.up.push(...send);
          link.got.push(...messages);
        };
        const connect = (link: Link) => {
          link.up = [];
          link.down = [];
          serve(link, link.client.hello());
          while (link.down.length) hear(link, link.down.shift() as ServerFrame);
        };
        links.forEach(connect);
        for (const { who, act, field, fate, pick } of steps) {
          const link = links[who] as Link;
          if (act === 'say') {
            said.push(`${said.length}`);
            link.up.push(link.client.say(said.at(-1) ?? ''));
          }
          if (act === 'set' || act === 'delete') {
            const edit = link.client.edit(field, act === 'set' ? `${who} ${++values}` : null);
            if (edit) link.up.push(edit);
          }
          if (act === 'hello') link.up.push(link.client.hello());
          if (act === 'resend') link.up.push(...link.client.resend());
          const queue = act === 'up' ? link.up : act === 'down' ? link.down : [];
          // Any frame of the queue, not the first: reordered, and the others delayed.
          const [frame] = queue.splice(pick % (queue.length || 1), 1);
          if (!frame || fate === 'drop') continue;
          for (let i = 0; i < (fate === 'double' ? 2 : 1); i++) {
            if (act === 'up') serve(link, frame as ClientFrame);
            else hear(link, frame as ServerFrame);
          }
        }
        // Then the network is good: everybody connects anew until nothing is left to be said.
        for (let round = 0; round < 3; round++) {
          for (const link of links) {
            connect(link);
            for (const frame of link.up.splice(0)) serve(link, frame);
            while (link.down.length) hear(link, link.down.shift() as ServerFrame);
          }
        }
        links.forEach(connect);
        expect(model.log.map(({ text }) => text).sort()).toEqual(said.sort());
        for (const { client, got } of links) {
          expect(client.pending).toEqual([]);
          expect(got.map(({ seq }) => seq)).toEqual(model.log.map(({ seq }) => seq));
          expect([...client.replica.fields].sort()).toEqual([...model.fields].sort());
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('a replica', () => {
  const of = (field: string, version: number, value: string | null = 'x'): Field => {
    return { field, version, value, user: 'u', client: 'c', n: 1, at: 0 };
  };

  it('does not bring a deleted field back', () => {
    const replica = newReplica();
    mergeFields(replica, { after: 0, upto: 2, fields: [of('title', 2, null)] });
    mergeFields(replica, { after: 0, upto: 1, fields: [of('title', 1)] });
    expect(visible(replica)).toEqual({});
    expect(replica.rev).toBe(2);
  });

  it('drops a field whose deletion mark is not kept any more', () => {
    const replica = newReplica();
    mergeFields(replica, { after: 0, upto: 2, fields: [of('old', 1), of('title', 2)] });
    mergeFields(replica, { after: 0, upto: 9, fields: [of('title', 2)] });
    expect(visible(replica)).toEqual({ title: 'x' });
  });

  it('knows that something is missing', () => {
    const replica = newReplica();
    expect(mergeFields(replica, { after: 3, upto: 4, fields: [of('title', 4)] })).toBe(false);
    expect(replica.rev).toBe(0);
  });
});
