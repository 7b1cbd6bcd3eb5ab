/**
 * The one place that loads Miniflare: an optional dependency of 4 MB that only local work needs. It ends
 * workerd when this process exits; what a signal means is left to whoever runs the engine.
 */
import { createRequire } from 'node:module';
import type { Miniflare, MiniflareOptions } from 'miniflare';
import { GoblinError } from '../errors.ts';
import { MINIFLARE_VERSION, OLDEST_MINIFLARE } from '../version.ts';
import { guardWorkerd } from './guardian.ts';

const INSTALL = `Run \`npm install -g miniflare@${MINIFLARE_VERSION}\`, or use --remote.`;

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** A running workerd: `dispose` ends it and waits until it is gone. */
export interface Workerd {
  miniflare: Miniflare;
  dispose(): Promise<void>;
}

/**
 * Starts workerd and waits until it serves.
 * @throws GoblinError `no_engine` where Miniflare is not installed, `engine_failed` where it does not start.
 */
export async function startWorkerd(options: MiniflareOptions): Promise<Workerd> {
  const library = load();
  const release = guardWorkerd();
  const miniflare = keepingSignals(() => new library.Miniflare(options));
  const dispose = async () => {
    await miniflare.dispose();
    release();
  };
  try {
    await miniflare.ready;
    return { miniflare, dispose };
  } catch (cause) {
    await dispose().catch(() => {});
    throw startFailure(cause);
  }
}

/** By `require`, for `import()` first reads all 4 MB in search of export names: 0.25 s more. */
function load(): typeof import('miniflare') {
  const require = createRequire(import.meta.url);
  try {
    checkVersion(require('miniflare/package.json').version);
    return require('miniflare');
  } catch (cause) {
    if (cause instanceof GoblinError) throw cause;
    throw isMissing(cause) ? notInstalled(cause) : startFailure(cause);
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

function startFailure(cause: unknown): GoblinError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new GoblinError('failed', 'engine_failed', `the local engine did not start: ${why}`, {
    hint: 'Check that its ports are free and its state folder is writable.',
    cause,
  });
}
