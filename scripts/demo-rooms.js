/**
 * The live memory at work: two people in a room, one of whom drops off and resumes, an operator who watches and
 * kicks, and a limit that counts exactly. A scene of the demo, and of a test.
 */
import { once } from 'node:events';
import { WebSocket } from 'ws';

const ROOM = 'potions';

/** Somebody in a room, speaking its protocol (worker/live/PROTOCOL.md) as a browser would. */
class Person {
  #edge;
  #token;
  #name;
  #print;
  #frames = [];
  #said = 0;
  #edits = 0;
  #epoch;
  #seq;
  #versions = new Map();
  #socket;

  constructor({ edge, token, name, print }) {
    this.#edge = edge;
    this.#token = token;
    this.#name = name;
    this.#print = print;
  }

  /** Connects; the second time it goes on where it was. @returns the messages that it missed */
  async join() {
    const headers = { authorization: `Bearer ${this.#token}` };
    const socket = new WebSocket(`${this.#edge.replace('http', 'ws')}/rooms/${ROOM}`, { headers });
    this.#socket = socket;
    socket.on('message', (data) => this.#receive(JSON.parse(String(data)), socket));
    await once(socket, 'open');
    const resumed = this.#epoch && { epoch: this.#epoch, since: this.#seq };
    this.#send({ type: 'hello', version: 1, client: `demo-${this.#name}`, ...resumed });
    const missed = [];
    await this.heard(({ type, people, messages = [] }) => {
      missed.push(...messages);
      return type === 'presence' && people;
    });
    return missed;
  }

  #send(frame) {
    this.#socket.send(JSON.stringify(frame));
  }

  #receive(frame, socket) {
    if (frame.type === 'welcome') {
      this.#epoch = frame.epoch;
      this.#seq = frame.from;
    }
    if (frame.type === 'messages') this.#seq = Math.max(this.#seq, frame.upto);
    if (frame.type === 'fields') {
      for (const { field, version } of frame.fields) this.#versions.set(field, version);
    }
    if (frame.type === 'sync') this.#send(frame);
    this.#frames.push(frame);
    socket.emit('frame');
  }

  /** Waits for a frame, among those that came since the last wait. */
  async heard(isIt) {
    for (;;) {
      const frame = this.#frames.shift();
      if (!frame) await once(this.#socket, 'frame');
      else if (isIt(frame)) return frame;
    }
  }

  /** Says something. @returns once it is stored, and everybody is told */
  async say(text) {
    const n = ++this.#said;
    this.#send({ type: 'message', n, text });
    await this.hears(text);
    this.#print(`  ${this.#name}: ${text}`);
  }

  /** Waits for a message. */
  hears(text) {
    return this.heard(({ messages = [] }) => messages.some((each) => each.text === text));
  }

  async edit(field, value) {
    const n = ++this.#edits;
    this.#send({ type: 'edit', n, field, base: this.#versions.get(field) ?? 0, value });
    const answer = await this.heard(
      (frame) => /^(edited|conflict)$/.test(frame.type) && frame.n === n,
    );
    const what = answer.type === 'edited' ? `version ${answer.version}` : 'somebody was faster';
    this.#print(`  ${this.#name} sets ${field} to ${JSON.stringify(value)}: ${what}`);
  }

  /** The connection breaks. */
  async drop() {
    const closed = once(this.#socket, 'close');
    this.#socket.terminate();
    await closed;
    this.#frames = [];
  }

  /** @returns the code with which the room closes the connection */
  async closed() {
    const [code] = await once(this.#socket, 'close');
    return code;
  }

  leave() {
    this.#socket.close(1000);
  }
}

/** Its types, and what each part does, are in `demo-rooms.d.ts`. */
export async function playRooms({ edge, tokens, goblin, say, print }) {
  const [ann, bob] = ['u_42', 'u_43'].map(
    (name, i) => new Person({ edge, token: tokens[i], name, print }),
  );
  say('Two people chat in a room, and write its document together.');
  await ann.join();
  await bob.join();
  await ann.say('Has anybody seen the newts?');
  await bob.say('Gone. Take toads.');
  await ann.edit('animal', 'newt');
  await bob.heard(({ type }) => type === 'fields');
  await bob.edit('animal', 'toad');

  say('One drops off, misses something, and gets it on coming back.');
  await bob.drop();
  await ann.say('Toads it is.');
  await ann.say('How many?');
  for (const { user, text } of await bob.join()) print(`  u_43 gets now: ${user}: ${text}`);

  say('The operator watches, speaks and kicks.');
  const watching = goblin(`rooms watch ${ROOM} --max 5`);
  await ann.heard(({ changed = [] }) => changed.some(({ user }) => user === 'operator'));
  await bob.say('Three dozen!');
  await watching;
  await goblin('presence list');
  const closed = bob.closed();
  await goblin(`rooms kick ${ROOM} u_43 --for 10m --yes`);
  print(
    `  the socket of u_43 was closed with ${await closed}; it cannot come back for ten minutes`,
  );
  await goblin(`rooms say ${ROOM} Two dozen are enough.`);
  await ann.hears('Two dozen are enough.');
  await goblin(`rooms doc get ${ROOM}`);
  ann.leave();
}

/** How many of many requests at once pass. */
export async function playLimit({ count, statusOf, print, client }) {
  const statuses = await Promise.all(Array.from({ length: count }, statusOf));
  const refused = statuses.filter((status) => status === 429).length;
  print(`  ${client} sent ${count} requests: ${count - refused} passed, ${refused} got 429.`);
}
