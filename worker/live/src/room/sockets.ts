/** The sockets of a room: who gets one, what comes over it, and when it ends. A shell around the files beside it. */
import { DurableObject } from 'cloudflare:workers';
import type { Identity } from '../../../../src/live/rpc.ts';
import { type Env, positive } from '../env.ts';
import { admit, callerOf, deny } from './admission.ts';
import { Conversation } from './conversation.ts';
import { Crowd } from './crowd.ts';
import { greet } from './greeting.ts';
import { Incoming } from './incoming.ts';
import { HISTORY, TICK_MS } from './limits.ts';
import { Member } from './member.ts';
import { Presence } from './presence.ts';
import { RoomStore } from './store.ts';
import { closeDead, closeEnded, nextPrune, pruneOld } from './upkeep.ts';

export abstract class RoomSockets extends DurableObject<Env> {
  // Fields of the instance: RPC reaches none of them.
  protected name: string;
  protected readonly store: RoomStore;
  protected readonly crowd = new Crowd();
  protected readonly conversation: Conversation;
  protected readonly presence: Presence;
  readonly #incoming: Incoming;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.store = new RoomStore(ctx.storage);
    const history = positive(env.ROOM_HISTORY, HISTORY);
    this.conversation = new Conversation(this.store, this.crowd, history);
    this.#incoming = new Incoming(
      this.conversation,
      env.ROOM_FRAMES_PER_SECOND,
      (member, hello) => {
        const isNew = greet(this.store, this.crowd, this.conversation, member, hello);
        if (isNew) this.presence.changed(this.name, member.state.user);
      },
    );
    this.presence = new Presence(this.crowd, this.conversation, this.store, env.PRESENCE);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'));
    this.name = ctx.id.name ?? this.store.meta.name;
    for (const ws of ctx.getWebSockets()) this.#wake(ws);
    this.crowd.assumeShown();
  }

  /** A socket that was open while the object hibernated. */
  #wake(ws: WebSocket): void {
    const state = Member.of(ws);
    if (!state || state.gone) return;
    this.name ||= state.room;
    const member = new Member(ws, state);
    member.mark = this.store.mark(state.user, state.client);
    member.queued = member.mark;
    this.crowd.add(member);
  }

  /** An upgrade that the edge passes on. */
  override async fetch(request: Request): Promise<Response> {
    const caller = callerOf(request);
    if (!caller || request.headers.get('Upgrade')?.toLowerCase() !== 'websocket') {
      return deny({ status: 400, code: 'bad_request', message: 'only an edge asks, for a socket' });
    }
    const admitted = admit(this.store, this.crowd, caller);
    if ('status' in admitted) return deny(admitted);
    this.name = caller.room;
    const [client, ws] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
    this.#accept(ws, admitted);
    await this.plan();
    return new Response(null, { status: 101, webSocket: client });
  }

  #accept(ws: WebSocket, { user, token, expires_at }: Identity): void {
    this.ctx.acceptWebSocket(ws);
    const now = Date.now();
    const counts = { sent: 0, asked: 0, answered: 0, askedAt: 0, seq: 0, doc: 0, floor: 0 };
    const state = {
      user,
      token,
      expires_at,
      room: this.name,
      client: '',
      live: false,
      gone: false,
    };
    const member = new Member(ws, { ...state, ...counts, since: now, active: now, heard: now });
    member.save();
    this.crowd.add(member);
  }

  override webSocketMessage(ws: WebSocket, data: string | ArrayBuffer): void {
    const member = this.crowd.get(ws);
    if (!member || member.state.gone) return;
    this.#incoming.receive(member, data);
    if (member.state.gone) this.presence.changed(this.name);
  }

  override webSocketClose(ws: WebSocket, code: number, reason: string): void {
    this.crowd.remove(ws, Member.of(ws)?.user);
    // 1005 and 1006 stand for a close without a code; they cannot be sent.
    ws.close(code === 1005 || code === 1006 ? 1000 : code, reason);
    this.presence.changed(this.name);
  }

  override webSocketError(ws: WebSocket): void {
    this.crowd.remove(ws, Member.of(ws)?.user);
    this.presence.changed(this.name);
  }

  /** May come late, or twice: it looks at what is, whenever that is. */
  override async alarm(): Promise<void> {
    const { members } = this.crowd;
    closeDead(members, (member) => this.#heardAt(member));
    await closeEnded(members, this.env.GOBLIN_KV);
    pruneOld(this.store);
    this.ctx.waitUntil(this.presence.show(this.name));
    if (this.crowd.members.length || this.presence.isUnlisted) {
      this.ctx.waitUntil(this.presence.report(this.name));
    }
    // A room that is still listed is forgotten at a later look, once the directory knows.
    if (this.#isVoid() && !this.store.listed) await this.store.forget();
    else await this.plan();
  }

  /** When a frame or a ping of a client came last; pings do not wake the object. */
  #heardAt({ ws, state }: Member): number {
    const pinged = this.ctx.getWebSocketAutoResponseTimestamp(ws)?.getTime() ?? 0;
    return Math.max(pinged, state.heard);
  }

  /** Nothing was ever said here, and nobody waits for anything. */
  #isVoid(): boolean {
    const { exists, holds } = this.store;
    if (!exists || holds || this.crowd.members.length) return false;
    const sql = 'SELECT 1 FROM tickets WHERE until > ?1 UNION SELECT 1 FROM kicks WHERE until > ?1';
    return this.store.read(sql, Date.now()).length === 0;
  }

  /**
   * After a change by the operator: the room is listed, now or by the alarm. One that somebody is in is listed by
   * that, and as one that stores something when they leave.
   */
  protected async stored(room: string): Promise<void> {
    this.name ||= room;
    if (this.presence.isUnlisted) this.presence.changed(room);
    await this.plan();
  }

  /** Sets the alarm, where there is none or the clock went back behind it. */
  protected async plan(): Promise<void> {
    const now = Date.now();
    const soon = now + TICK_MS;
    const isIdle = this.crowd.members.length === 0 && this.store.holds && !this.presence.isUnlisted;
    const next = isIdle ? nextPrune(this.store) : soon;
    if (next === undefined) return;
    const planned = await this.ctx.storage.getAlarm();
    if (planned === null || planned > next) await this.ctx.storage.setAlarm(next);
  }
}
