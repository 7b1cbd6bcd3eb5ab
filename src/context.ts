/**
 * What a command may need of the outside, each part made on its first use, so that a command pays only for
 * what it touches. Commands reach streams, clock, network and files through this and nothing else.
 */

import { readOnly } from './api/read-only.ts';
import { describeUsage, noUsage, type Usage } from './api/usage.ts';
import type { Actor } from './config/actor.ts';
import type { Config } from './config/config.ts';
import type { Connection } from './connect/connect.ts';
import { type Resources, resources } from './connect/resources.ts';
import type { Runtime } from './connect/runtime.ts';
import { once } from './contract/once.ts';
import { type GlobalOptions, isSet } from './global-options.ts';
import type { Prompt } from './io/prompt.ts';
import type { Io } from './io/streams.ts';
import { parseTimeStyle } from './output/clock.ts';
import { chooseFormat, type Format } from './output/format.ts';
import type { Log } from './output/log.ts';
import { createLog } from './output/log.ts';
import { createOutput, type Output } from './output/output.ts';
import { clearing } from './output/waiting.ts';

export interface Context extends Resources {
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
  /** A request to somewhere else than Cloudflare's API, neither paced nor counted by itself. */
  readonly fetch: Runtime['fetch'];
  /** The noun and verb of this run, `sessions.revoke`, for the record of what it changes. */
  readonly command: string;
  /** Where this run works. */
  config(): Promise<Config>;
  /** `--actor` as it was given; in the audit commands it chooses entries. */
  readonly actorOption: string | undefined;
  /** Who runs this command. */
  actor(): Promise<Actor>;
  /**
   * Refuses a change in a run that is read-only, before anything is asked or shown of it. The client refuses
   * every write anyway.
   * @param what "cannot revoke 3 sessions"
   * @throws {GoblinError} `read_only`, exit 4
   */
  refuseReadOnly(what: string): void;
  /**
   * Says, before any resource is asked for, that this run may take long: other local commands then use its
   * engine instead of waiting for its end.
   */
  shareEngine(): void;
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

/** A context and its end: engines are stopped, and with `--verbose` the cost is shown. */
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
  const format = chooseFormat(options);
  const isFormatAsked = options.json === true || options.output !== undefined;
  const look = { colour: options.color, time: parseTimeStyle(options.time, io.env), now };
  const began = now();
  const command = options.command ?? 'goblin';
  const usage = from?.usage ?? noUsage();
  const log = createLog(io, { ...look, deadline: runtime.deadline });
  const closers: (() => Promise<void>)[] = [];
  let share = false;
  const isReadOnly = options.readOnly ?? isSet(io.env.GOBLIN_READ_ONLY);

  const machine = async () => {
    const { thisMachine } = await import('./config/machine.ts');
    // stderr first: to look at stdin loads Node's `tty`.
    const interactive = io.stderr.isTTY && io.stdin.isTTY;
    return thisMachine({ env: io.env, cwd: io.cwd, interactive, engineAt });
  };
  const config = once(async () => {
    const [{ loadConfig }, here] = await Promise.all([import('./config/config.ts'), machine()]);
    return loadConfig(options, here);
  });
  const actor = once(async () => {
    const { actorOf } = await import('./config/actor.ts');
    return actorOf(await machine(), options);
  });

  const connection = once(async (): Promise<Connection> => {
    if (from && (await sameAccount(await config(), await from.config()))) return from.connection();
    const { connect } = await import('./connect/connect.ts');
    const made = await connect({
      ...runtime,
      config: await config(),
      log,
      usage,
      share,
      isReadOnly,
      command,
    });
    closers.push(made.close);
    return made;
  });
  const prompt = once(async () => {
    if (!io.stderr.isTTY || !io.stdin.isTTY) return null;
    await log.clear();
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
    output: createOutput(clearing(io, log.clear), { format, isFormatAsked, ...look }),
    log,
    usage,
    fetch: runtime.fetch,
    command,
    config,
    actorOption: options.actor,
    actor,
    ...resources({ runtime, config, connection, usage, log }),
    refuseReadOnly(what) {
      if (isReadOnly) throw readOnly(what);
    },
    shareEngine: () => {
      share = true;
    },
    prompt,
    inEnvironment(name) {
      const shared = { config, connection, usage };
      const other = createContext(runtime, { ...options, env: name }, shared);
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
      await log.clear();
      for (const close of closers.reverse()) await close();
      if (options.verbose && !from) await log.note(describeUsage(usage, now() - began));
    },
  };
}

/** The parts of a context that another one may share. */
interface Connected extends Pick<Context, 'config' | 'usage'> {
  connection(): Promise<Connection>;
}

/** Whether the connection of `base` serves `one` too; not where `base` by itself lacks an account. */
async function sameAccount(one: Config, base: Config): Promise<boolean> {
  const [a, b] = [await one.target(), await base.target().catch(() => null)];
  if (a.kind === 'local' || b?.kind !== 'remote') return a.kind === b?.kind;
  return a.account.value === b.account.value;
}

/** Loaded for local work only. */
async function engineAt(stateDir: string) {
  const { findRunning } = await import('./local/record.ts');
  return findRunning(stateDir);
}
