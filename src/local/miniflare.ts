/**
 * The one place that loads Miniflare: an optional dependency of 4 MB that only local work needs. It ends
 * workerd when this process exits; what a signal means is left to whoever runs the engine.
 */
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Miniflare, MiniflareOptions } from 'miniflare';
import { GoblinError } from '../contract/errors.ts';
import { MINIFLARE_VERSION, OLDEST_MINIFLARE } from '../contract/version.ts';
import { engineError } from './faults.ts';
import { type RuntimeLog, runtimeLog, watchWorkerd } from './workerd.ts';

const INSTALL = `Run \`npm install -g miniflare@${MINIFLARE_VERSION}\`, or use --remote.`;

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** How long to wait for the last lines of a workerd that has ended. */
const DRAIN_MS = 1_000;

export interface WorkerdOptions {
  miniflare: MiniflareOptions;
  /** Takes each line that workerd prints. */
  onLog?: ((line: string) => void) | undefined;
  /** The open file that locks the state. */
  lockFd?: number | undefined;
}

/** A running workerd. */
export interface Workerd {
  miniflare: Miniflare;
  /** Resolves when workerd has ended by itself. It never rejects. */
  died: Promise<GoblinError>;
  /** The last lines it printed. */
  lastLines(): readonly string[];
  /** Ends workerd and waits until it is gone. */
  dispose(): Promise<void>;
}

/**
 * Starts workerd and waits until it serves.
 * @throws GoblinError `no_engine` where Miniflare is not installed, else what `engineError` knows, or
 *   `engine_failed`.
 */
export async function startWorkerd({ miniflare, onLog, lockFd }: WorkerdOptions): Promise<Workerd> {
  const library = load();
  const log = runtimeLog(onLog);
  const end = awaitEnd();
  const options = { ...miniflare, handleRuntimeStdio: log.read };
  const { started: instance, release } = watchWorkerd({ lockFd, onEnd: end.tell }, () =>
    keepingSignals(() => new library.Miniflare(options)),
  );
  let disposing: Promise<void> | undefined;
  const dispose = () => {
    disposing ??= instance.dispose().finally(release);
    return disposing;
  };
  try {
    await instance.ready;
  } catch (cause) {
    await drained(log);
    await dispose().catch(() => {});
    throw startFailure(cause, log.lastLines(), end.by());
  }
  const died = end.came.then(async (by) => {
    // Miniflare would start another one, on an unknown port.
    void dispose().catch(() => {});
    await drained(log);
    return endError(by, log.lastLines());
  });
  return { miniflare: instance, died, lastLines: log.lastLines, dispose };
}

/** How workerd ends, once it does. */
function awaitEnd() {
  let known: string | undefined;
  let resolve: (by: string) => void;
  const came = new Promise<string>((settle) => {
    resolve = settle;
  });
  return {
    came,
    by: () => known,
    tell(by: string, pid: number | undefined) {
      known ??= pid === undefined ? by : `workerd (process ${pid}) ended: ${by}`;
      resolve(known);
    },
  };
}

/** Waits for the last lines of a workerd that has ended. */
async function drained(log: RuntimeLog): Promise<void> {
  await Promise.race([log.drained(), sleep(DRAIN_MS, undefined, { ref: false })]);
}

/** By `require`, for `import()` first reads all 4 MB in search of export names: 0.25 s more. */
function load(): typeof import('miniflare') {
  const require = createRequire(import.meta.url);
  try {
    checkVersion(require('miniflare/package.json').version);
    return require('miniflare');
  } catch (cause) {
    if (cause instanceof GoblinError) throw cause;
    throw isMissing(cause) ? notInstalled(cause) : startFailure(cause, [], undefined);
  }
}

/**
 * npm checks the range of versions only within one project; a global install or a hoisted one may be any.
 * Later versions of the same major are let through: they may well do.
 * @throws GoblinError `no_engine` for one that is too old, or of another major.
 */
export function checkVersion(version: string): void {
  const [major, date] = numbers(version);
  const [ourMajor, oldest] = numbers(OLDEST_MINIFLARE);
  if (major === ourMajor && Number(date) >= Number(oldest)) return;
  throw new GoblinError(
    'access',
    'no_engine',
    `miniflare ${version} is installed, which the local engine cannot use`,
    { hint: INSTALL },
  );
}

const numbers = (version: string) => version.split('.').map((part) => Number.parseInt(part, 10));

/** Of Miniflare itself, not of something that it needs in turn. */
function isMissing(cause: unknown): boolean {
  const { code, message } = cause as NodeJS.ErrnoException;
  return code === 'MODULE_NOT_FOUND' && /'miniflare(\/package\.json)?'/.test(message);
}

function notInstalled(cause: unknown): GoblinError {
  return new GoblinError('access', 'no_engine', 'the local engine (miniflare) is not installed', {
    hint: INSTALL,
    cause,
  });
}

/** Miniflare exits the process on a signal, before anyone else has said what was already done. */
function keepingSignals<Result>(create: () => Result): Result {
  const before = SIGNALS.map((signal) => process.listeners(signal));
  const result = create();
  SIGNALS.forEach((signal, index) => {
    const added = process
      .listeners(signal)
      .filter((listener) => !before[index]?.includes(listener));
    for (const listener of added) process.removeListener(signal, listener);
  });
  return result;
}

function startFailure(cause: unknown, said: readonly string[], by: string | undefined) {
  const why = by ?? (cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause));
  return engineError('engine_failed', `cannot start the local engine: ${why}`, said, {
    hint: '`goblin doctor` tries the engine apart from all state.',
    cause,
  });
}

function endError(by: string, said: readonly string[]) {
  return engineError('engine_ended', `the local engine has failed: ${by}`, said, {
    hint: 'Start it again; what was acknowledged is stored.',
  });
}
