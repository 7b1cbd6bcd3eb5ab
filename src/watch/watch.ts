/** `--watch`: one list, read again and again, on a terminal or as a stream of snapshots. */
import type { Runtime } from '../connect/runtime.ts';
import { type Context, createContext } from '../context.ts';
import { GoblinError, interrupted, usageError } from '../contract/errors.ts';
import type { GlobalOptions } from '../global-options.ts';
import { plural } from '../text/plural.ts';
import { snapshots } from './snapshots.ts';
import { type Stage, stageOf } from './stage.ts';
import { type Listing, terminal } from './terminal.ts';

/** Where the refreshes of a watch are shown. */
export interface View {
  /** The context in which the list is read. */
  context: Context;
  /** Called when the list has been read. */
  refreshed(): Promise<void>;
  /** Called when it could not be read; the rows from before stay. */
  failed(error: GoblinError): Promise<void>;
  close(): Promise<void>;
}

/**
 * Reads a list every so often until Ctrl-C.
 * @throws {GoblinError} what the first reading throws; exit 2 for a format or a stream that cannot be watched; exit
 *   130 on Ctrl-C
 */
export async function watch(
  runtime: Runtime,
  options: GlobalOptions & { watch?: number },
  work: (context: Context) => Promise<void>,
): Promise<void> {
  const interval = options.watch ?? 0;
  let listing: Listing | null = null;
  const stage: Stage = stageOf(runtime.io, (text) => listing?.said(text));
  const context = createContext({ ...runtime, io: stage.io }, options);
  const isTable = isShownAsTable(context, runtime.io);
  context.shareEngine();
  let done = 0;
  try {
    if (isTable) listing = await terminal({ io: runtime.io, context, stage, interval });
    const view: View = listing ?? snapshots({ io: runtime.io, context, stage });
    try {
      await refreshForever();
    } finally {
      await view.close();
    }
    async function refreshForever(): Promise<void> {
      while (!context.signal.aborted) {
        await refresh(view);
        await context.sleep(interval, context.signal);
      }
    }
  } finally {
    await context.close();
    await runtime.io.stderr.write(stage.take().said);
  }
  throw interrupted(`stopped after ${plural(done, 'refresh', 'refreshes')}`);

  async function refresh(view: View): Promise<void> {
    try {
      await work(view.context);
      await view.refreshed();
      done++;
    } catch (error) {
      if (context.signal.aborted) return;
      if (!(error instanceof GoblinError) || done === 0) throw error;
      await view.failed(error);
    }
  }
}

/** @throws {GoblinError} exit 2 where neither a table can be redrawn nor snapshots be written */
function isShownAsTable({ format }: Context, { stdout, env }: Runtime['io']): boolean {
  if (format === 'ndjson') return false;
  const hint = 'Use -o ndjson: it writes a line for each refresh.';
  if (format !== 'table') {
    throw usageError('bad_watch', `--watch and -o ${format} do not go together`, hint);
  }
  if (stdout.isTTY && env.TERM !== 'dumb') return true;
  throw usageError('bad_watch', '--watch redraws a terminal, but stdout is not one', hint);
}
