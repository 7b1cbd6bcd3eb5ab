/** The object that counts one client's requests. It is a shell: `window.ts` counts, `mirror.ts` compares. */
import { DurableObject } from 'cloudflare:workers';
import type {
  ClientState,
  GiveBackRequest,
  LimiterRpc,
  MirrorBudget,
  TakeAnswer,
  TakeRequest,
} from '../../../../src/live/limiter-rpc.ts';
import { RATE_LIMIT } from '../../../../src/shards/ratelimit.ts';
import type { Env } from '../env.ts';
import { decodeGiveBack, decodeTake } from './decode.ts';
import {
  block,
  dueWrite,
  type Entry,
  type MirrorView,
  noWindow,
  readMirror,
  settled,
} from './mirror.ts';
import { type MirroredBucket, MirrorKv } from './mirror-kv.ts';
import {
  current,
  describe,
  endOf,
  giveBack,
  isBlocked,
  isFull,
  resetWindow,
  take,
  type Window,
} from './window.ts';

/** Milliseconds to wait for KV: the edge waits 50 for all of an answer. */
const KV_PATIENCE_MS = 25;
/** Milliseconds between two looks at the mirror: while requests are refused, and otherwise. */
const LOOK_WHEN_FULL_MS = 1000;
const LOOK_MS = 10_000;
/** Milliseconds after which an alarm that rang too early rings again. */
const EARLY_MS = 1000;
const STORED = 'window';

export class RateLimiter extends DurableObject<Env> implements LimiterRpc {
  #window: Window;
  /** When the alarm rings that this instance has set. */
  #alarmAt = 0;
  #view: MirrorView = { seen: false, writtenAt: 0 };
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;
  readonly #mirror: MirrorKv;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#window = ctx.storage.kv.get<Window>(STORED) ?? noWindow();
    this.#mirror = new MirrorKv(env.GOBLIN_KV);
  }

  async take(request: TakeRequest): Promise<TakeAnswer> {
    const { client, mirror, ...demand } = decodeTake(request);
    await this.#lookFirst(client);
    const now = Date.now();
    const window = this.#open(now);
    const before = window.leases.has(demand.holder);
    const answer = take(window, now, demand);
    const mirrored = this.#share(client, mirror, now);
    // A refusal changes nothing, and is not worth a row.
    if (before || mirrored || answer.granted > 0) this.#save();
    return { ...answer, mirrored };
  }

  async giveBack(request: GiveBackRequest): Promise<void> {
    if (giveBack(this.#window, Date.now(), decodeGiveBack(request))) this.#save();
  }

  async show(): Promise<ClientState> {
    return describe(this.#window, Date.now());
  }

  async reset(client: string): Promise<ClientState> {
    const now = Date.now();
    const isKnown = now < endOf(this.#window);
    this.#window = resetWindow(this.#window, now);
    // What KV still shows of the old window is not news, nor is its end.
    this.#view = { seen: false, writtenAt: 0 };
    if (isKnown) this.#save();
    await this.#mirror.delete(client);
    return describe(this.#window, now);
  }

  async block(client: string, until: number): Promise<ClientState> {
    const now = Date.now();
    block(this.#open(now), until, now);
    this.#save();
    await this.#mirror.put(client, { count: RATE_LIMIT, reset_at: until });
    return describe(this.#window, now);
  }

  /** An idle client leaves nothing behind. The alarm may be late, and ring twice. */
  override async alarm(): Promise<void> {
    this.#alarmAt = 0;
    const now = Date.now();
    const end = endOf(this.#window);
    // Not at once, where this clock is behind the alarm's.
    if (now < end) return this.ctx.storage.setAlarm(Math.max(end, now + EARLY_MS));
    this.#window = noWindow();
    await this.ctx.storage.deleteAll();
  }

  /** The window of this moment. */
  #open(now: number): Window {
    const window = current(this.#window, now);
    // The old window's entry ends by itself, which is no deletion.
    if (window !== this.#window) this.#view.seen = false;
    this.#window = window;
    return window;
  }

  /** Answers leave the object only when this is on disk. */
  #save(): void {
    this.ctx.storage.kv.put(STORED, this.#window);
    const end = endOf(this.#window);
    if (this.#alarmAt === end) return;
    this.#alarmAt = end;
    this.ctx.waitUntil(this.ctx.storage.setAlarm(end));
  }

  /** Looks at the mirror; requests wait for it where their window is new, or they would be refused. */
  async #lookFirst(client: string): Promise<void> {
    const now = Date.now();
    const isNew = now >= endOf(this.#window) || this.#lookedAt === Number.NEGATIVE_INFINITY;
    const isUrgent = isNew || isFull(this.#window, now);
    const pause = isUrgent ? LOOK_WHEN_FULL_MS : LOOK_MS;
    // A clock that went back makes the last look seem to lie in the future.
    if (isNew || Math.abs(now - this.#lookedAt) >= pause) this.#looking ??= this.#look(client);
    if (isUrgent && this.#looking) {
      await Promise.race([this.#looking, scheduler.wait(KV_PATIENCE_MS)]);
    }
  }

  async #look(client: string): Promise<void> {
    this.#lookedAt = Date.now();
    try {
      this.#compare(await this.#mirror.read(client));
    } catch {
      // KV may fail, or show nonsense: the object counts without it.
    } finally {
      this.#looking = undefined;
    }
  }

  #compare(entry: Entry | null): void {
    const now = Date.now();
    const before = this.#open(now);
    const { blockedUntil } = before;
    this.#window = readMirror(before, this.#view, entry, now);
    // What the operator did has to survive this instance.
    if (this.#window !== before || this.#window.blockedUntil !== blockedUntil) this.#save();
  }

  /** Writes the mirror behind the answer. @returns whether that is one more write */
  #share(client: string, budget: MirrorBudget, now: number): boolean {
    const due = dueWrite(this.#window, now);
    if (due === null || budget === 'none' || (due === 'count' && budget === 'limit')) return false;
    this.#window.mirrored = settled(this.#window);
    const writing = this.#mirror.putCount(client, () => this.#summary());
    if (writing) this.ctx.waitUntil(writing.catch(() => {}));
    return writing !== undefined;
  }

  /** What the mirror is to show at this moment; null where the window is over, or the operator's. */
  #summary(): (MirroredBucket & { written_at: number }) | null {
    const written_at = Date.now();
    const count = settled(this.#window);
    const { resetAt: reset_at } = this.#window;
    if (count === 0 || reset_at <= written_at || isBlocked(this.#window, written_at)) return null;
    this.#view.writtenAt = written_at;
    return { count, reset_at, written_at };
  }
}
