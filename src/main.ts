/** From a command line to an exit code; the only place that catches everything. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Runtime } from './connect/runtime.ts';
import { EXIT, GoblinError, interrupted, usageError } from './contract/errors.ts';
import { VERSION } from './contract/version.ts';
import type { GlobalOptions } from './global-options.ts';
import { type Io, processIo } from './io/streams.ts';
import { KeyError } from './shards/key.ts';

/** Answered before anything else is loaded: scripts ask it often. */
const VERSION_WORDS: ReadonlySet<string> = new Set(['--version', '-V']);

const VERBOSE_WORDS: ReadonlySet<string> = new Set(['--verbose', '-v']);

/** Runs goblin in this process. @returns the exit code */
export function start(): Promise<number> {
  const io = processIo();
  return main(process.argv.slice(2), {
    io,
    signal: stopSignal(io),
    now: Date.now,
    sleep: (ms, signal) => delay(ms, undefined, signal ? { signal } : {}).catch(() => {}),
    random: Math.random,
    deadline: AbortSignal.timeout,
    fetch: async (url, init) => (await import('./api/http.ts')).httpFetch(url, init),
  });
}

/**
 * Ctrl-C asks to stop; a second one ends the process as it always did. A terminal that closes asks so too,
 * often twice: the shell and the kernel both tell.
 */
function stopSignal(io: Io): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => controller.abort());
  }
  process.on('SIGHUP', () => controller.abort());
  io.stdoutClosed.addEventListener('abort', () => controller.abort());
  controller.signal.addEventListener('abort', () => {
    io.stdin.stop(interrupted());
  });
  return controller.signal;
}

/** Runs one command line (without node and script). @returns the exit code */
export async function main(argv: readonly string[], runtime: Runtime): Promise<number> {
  const { io } = runtime;
  if (argv.length === 1 && VERSION_WORDS.has(argv[0] ?? '')) {
    await io.stdout.write(`${VERSION}\n`);
    return EXIT.done;
  }
  try {
    const [{ runProgram }, { createContext }] = await Promise.all([
      import('./program.ts'),
      import('./context.ts'),
    ]);
    await runProgram(argv, {
      out: (text) => void io.stdout.write(text),
      err: (text) => void io.stderr.write(text),
      colour: hasColour(argv, io),
      async run(work, options, global) {
        if (global.watch !== undefined) {
          const { watch } = await import('./watch/watch.ts');
          return watch(runtime, global, (context) => work(context, options));
        }
        if (global.jq !== undefined) {
          const { filtered } = await import('./output/jq.ts');
          const json = jsonOf(global);
          return filtered(io, global.jq, (staged) => inContext({ ...runtime, io: staged }, json));
        }
        return inContext(runtime, global);

        async function inContext(runtime: Runtime, global: GlobalOptions): Promise<void> {
          const context = createContext(runtime, global);
          try {
            await work(context, options);
          } finally {
            await context.close();
          }
        }
      },
    });
    return EXIT.done;
  } catch (error) {
    // The reader of stdout has left (`| head`): it has what it wanted.
    if (io.stdoutClosed.aborted) return EXIT.done;
    return report(asGoblinError(error), argv, io);
  }
}

/** The options of a run whose JSON is filtered. @throws {GoblinError} exit 2 where another format was asked for */
function jsonOf({ output = 'json', ...rest }: GlobalOptions): GlobalOptions {
  if (output === 'json') return { ...rest, json: true };
  const hint = 'Leave -o out: --jq implies JSON.';
  throw usageError('bad_jq', `--jq and -o ${output} do not go together`, hint);
}

/** Asked of the bare words, for help is shown while the line is being parsed. */
function hasColour(argv: readonly string[], { stdout, env }: Io): boolean {
  return stdout.isTTY && !env.NO_COLOR && !argv.includes('--no-color');
}

async function report(error: GoblinError, argv: readonly string[], io: Io): Promise<number> {
  const [{ errorJson, errorText }, { coloursFor }] = await Promise.all([
    import('./output/errors.ts'),
    import('./output/colour.ts'),
  ]);
  const colours = coloursFor(io.stderr, io.env, !argv.includes('--no-color'));
  const stack = await stackOf(error, argv);
  const text = wantsJson(argv) ? errorJson(error, stack) : errorText(error, colours, stack);
  await io.stderr.write(text);
  return EXIT[error.outcome];
}

/** Where an error came from that nobody expected, where `--verbose` asks. */
async function stackOf(error: GoblinError, argv: readonly string[]): Promise<string | undefined> {
  if (error.code !== 'unexpected' || !argv.some((word) => VERBOSE_WORDS.has(word)))
    return undefined;
  const { sourceStack } = await import('./contract/stack.ts');
  return sourceStack(error.cause);
}

/** Whether errors are to be JSON too. Asked of the bare words, for the line may not even have parsed. */
function wantsJson(argv: readonly string[]): boolean {
  const words = argv.join('\n');
  return /^(--json|--jq(=.*)?|(-o=?|--output=)(nd)?json|(-o|--output)\n(nd)?json)$/m.test(words);
}

function asGoblinError(error: unknown): GoblinError {
  if (error instanceof GoblinError) return error;
  if (error instanceof KeyError) return usageError('bad_key', error.message);
  const message = error instanceof Error ? error.message : String(error);
  return new GoblinError('failed', 'unexpected', `unexpected: ${message}`, {
    hint: 'This is a fault in goblin; please report it with what the same command says with --verbose.',
    cause: error,
  });
}
