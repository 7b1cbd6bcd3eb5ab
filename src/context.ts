/**
 * What a command may need of the outside, each part made on its first use, so that a command pays only for
 * what it touches. Commands reach streams, clock, network and files through this and nothing else.
 */

import type { CloudflareApi } from './api/client.ts';
import { describeUsage, noUsage, type Usage } from './api/usage.ts';
import type { Config } from './config/config.ts';
import type { Runtime } from './connect/runtime.ts';
import type { GlobalOptions } from './global-options.ts';
import type { Prompt } from './io/prompt.ts';
import type { Io } from './io/streams.ts';
import type { KvStore } from './kv/namespace.ts';
import { parseTimeStyle } from './output/clock.ts';
import { type Format, parseFormat } from './output/format.ts';
import type { Log } from './output/log.ts';
import { createLog } from './output/log.ts';
import { createOutput, type Output } from './output/output.ts';

export interface Context {
  readonly io: Io;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Waits so many milliseconds, or until the signal is aborted; it never rejects. */
  readonly sleep: Runtime['sleep'];
  /** From 0 up to 1, to spread what several runs would do at the same moment. */
  readonly random: Runtime['random'];
  /** Aborted by Ctrl-C, and when the reader of stdout has left. */
  readonly signal: AbortSignal;
  readonly format: Format;
  readonly output: Output;
  readonly log: Log;
  readonly usage: Usage;
  /** A request to somewhere else than Cloudflare's API, neither paced nor counted. */
  readonly fetch: Runtime['fetch'];
  /** Where this run works. */
  config(): Promise<Config>;
  /** The KV namespace. On a terminal the target is told on stderr at the first call. */
  kv(): Promise<KvStore>;
  /** Tells the target on stderr, once in a run; every command that changes something calls it. */
  announceTarget(): Promise<void>;
  /**
   * Says, before anything is asked of KV, that this run may last: other local commands then use its engine
   * instead of waiting for its end.
   */
  shareEngine(): void;
  /** Exchanges with Cloudflare's API beside KV. */
  api(): Promise<CloudflareApi>;
  /** Questions to the operator, or null where there is no terminal to ask on. */
  prompt(): Promise<Prompt | null>;
  /**
   * The same run in another environment of the wrangler file, '' for its top level. Both use one
   * connection where they have one account.
   */
  inEnvironment(name: string): Context;
  /** The same run under other global options, with an end to its exchanges after `ms`. */
  within(ms: number, options: Partial<GlobalOptions>): Context;
  /** Opens a file in the operator's editor and waits until it is closed. */
  edit(path: string): Promise<void>;
}

/** A context and its end: engines stopped, and the cost told where `--verbose` asks. */
export interface OwnedContext extends Context {
  close(): Promise<void>;
}

/** @throws {GoblinError} exit 2 for an unknown output format or style of times. */
export function createContext(
  runtime: Runtime,
  options: GlobalOptions,
  from?: Connected,
): OwnedContext {
  const { io, signal, now } = runtime;
  const format = options.json ? 'json' : parseFormat(options.output ?? 'table');
  const colour = options.color;
  const time = parseTimeStyle(options.time, io.env);
  const began = now();
  const usage = from?.usage ?? noUsage();
  const log = createLog(io, { colour, now });
  const closers: (() => Promise<void>)[] = [];
  let share = false;

  const config = once(async () => {
    const [{ loadConfig }, { thisMachine }] = await Promise.all([
      import('./config/config.ts'),
      import('./config/machine.ts'),
    ]);
    // stderr first: to look at stdin loads Node's `tty`.
    const interactive = io.stderr.isTTY && io.stdin.isTTY;
    return loadConfig(options, thisMachine({ env: io.env, cwd: io.cwd, interactive }));
  });

  const announceTarget = once(async () => log.note(await (await config()).line()));

  const api = once(async () => {
    if (from && (await sameAccount(await config(), await from.config()))) return from.api();
    const { connect } = await import('./connect/connect.ts');
    const connection = await connect({ ...runtime, config: await config(), log, usage, share });
    closers.push(connection.close);
    return connection.api;
  });

  const kv = once(async () => {
    if (io.stderr.isTTY) await announceTarget();
    const { openKv } = await import('./connect/connect.ts');
    return openKv(await api(), await config(), usage);
  });

  const prompt = once(async () => {
    if (!io.stderr.isTTY || !io.stdin.isTTY) return null;
    const { createPrompt } = await import('./io/prompt.ts');
    return createPrompt(io.terminal(), signal);
  });

  return {
    io,
    now,
    sleep: runtime.sleep,
    random: runtime.random,
    signal,
    format,
    output: createOutput(io, { format, colour, time, now }),
    log,
    usage,
    fetch: runtime.fetch,
    config,
    kv,
    announceTarget,
    shareEngine: () => {
      share = true;
    },
    api,
    prompt,
    inEnvironment(name) {
      const other = createContext(runtime, { ...options, env: name }, { config, api, usage });
      closers.push(other.close);
      return other;
    },
    within(ms, changed) {
      const ending = AbortSignal.any([signal, runtime.deadline(ms)]);
      const other = createContext({ ...runtime, signal: ending }, { ...options, ...changed });
      closers.push(other.close);
      return other;
    },
    async edit(path) {
      const { openEditor } = await import('./io/editor.ts');
      await openEditor(path, io);
    },
    async close() {
      for (const close of closers.reverse()) await close();
      if (options.verbose && !from) await log.note(describeUsage(usage, now() - began));
    },
  };
}

/** The parts of a context that another one may share. */
type Connected = Pick<Context, 'config' | 'api' | 'usage'>;

/** Whether what speaks for `base` may speak for `one`; not where `base` by itself lacks an account. */
async function sameAccount(one: Config, base: Config): Promise<boolean> {
  const [a, b] = [await one.target(), await base.target().catch(() => null)];
  if (a.kind === 'local' || b?.kind !== 'remote') return a.kind === b?.kind;
  return a.account.value === b.account.value;
}

/** Remembers the first result, a failure included: a target that could not be told cannot be told twice. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
