import { createContext, type OwnedContext } from '../src/context.ts';
import type { GlobalOptions } from '../src/global-options.ts';
import { fakeIo } from './io.ts';
import { type RunOptions, remoteEnv } from './run.ts';

/** The context of a command line with these global options, for what no command uses yet. */
export function contextOf(
  options: Partial<GlobalOptions> = {},
  { engine, fetch: given = fetch, onSleep, ...rest }: RunOptions = {},
): OwnedContext & { stderr(): string } {
  const io = fakeIo({ ...rest, env: { ...(engine ? remoteEnv(engine) : {}), ...rest.env } });
  const runtime = {
    io,
    signal: rest.signal ?? new AbortController().signal,
    now: Date.now,
    sleep: async (ms: number) => void (await onSleep?.(ms)),
    random: () => 0,
    deadline: rest.deadline ?? (() => new AbortController().signal),
    fetch: given,
  };
  return { ...createContext(runtime, { color: false, ...options }), stderr: () => io.stderr.text };
}
