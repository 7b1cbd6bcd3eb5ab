import { namedWords, requireOneWay } from '../../arguments/named.ts';
import type { Context } from '../../context.ts';
import type { Shown } from '../../output/columns.ts';
import { addPlanOptions, carryOut, type PlanFlags } from '../../plan/plan.ts';
import { deleteKeys } from '../../plan/step.ts';
import { type CacheRow, cachePath } from '../../shards/cache.ts';
import { parseOrigin } from '../../text/origin.ts';
import { type Declare, describe } from '../command.ts';
import { type CachedKey, cachedAt, cachedBelow } from './find.ts';
import { parsePath } from './path.ts';
import { CACHE_COLUMNS } from './rows.ts';
import { warm } from './warm.ts';

interface Flags extends PlanFlags {
  prefix?: string;
  all?: true;
  /** Origin of the edge. */
  warm?: string;
}

interface Options extends Flags {
  paths: readonly string[];
}

interface Chosen {
  keys: CachedKey[];
  absent: Shown<CacheRow>[];
}

const columns = CACHE_COLUMNS.filter(({ name }) => ['path', 'size', 'cached_at'].includes(name));

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('purge [path...]')
    .summary('have responses fetched anew')
    .description(
      describe(
        'Deletes cached responses. A path takes all its query strings with it and never its neighbours: ' +
          '/models is not /models-v2. A path with a query string is just that; - takes paths from stdin.',
        [
          'goblin cache purge /models',
          "goblin cache purge '/models?limit=10' /providers --yes",
          'goblin cache purge --prefix /mod --dry-run',
          'goblin cache purge --all --yes --warm https://edge.example.com',
        ],
      ),
    )
    .option('--prefix <path>', 'every path that begins so', parsePrefix)
    .option('--all', 'everything')
    .option('--warm <url>', "ask the edge for each again, by the edge's own address", parseOrigin)
    .action((paths: string[], flags: Flags) => run(purge, { ...flags, paths }));
  addPlanOptions(command);
};

function parsePrefix(text: string): string {
  return cachePath(parsePath(text));
}

/** Deletes the responses that are named, and asks for them again where that is wanted. */
export async function purge(context: Context, options: Options): Promise<void> {
  const { paths, prefix, all = false } = options;
  requireOneWay({
    '<path…>': paths.length > 0,
    '--prefix': prefix !== undefined,
    '--all': all,
  });
  const { keys, absent } = await chosen(context, options);
  const plan = {
    verb: ['purge', 'purged'],
    noun: ['cached response', 'cached responses'],
    columns,
    steps: [deleteKeys(await context.kv(), keys)],
    absent,
  } as const;
  await carryOut(context, plan, options);
  if (options.warm === undefined || options.dryRun) return;
  await warm(
    context,
    options.warm,
    // A variant is fetched again by the next user who has its flags.
    [...new Set(keys.map(({ row }) => row.path?.replace(/#.*/s, '') ?? ''))],
  );
}

async function chosen(context: Context, { paths, prefix = '' }: Options): Promise<Chosen> {
  const now = context.now();
  if (paths.length === 0) {
    return { keys: await cachedBelow(await context.kv(), prefix, now), absent: [] };
  }
  const named = (await namedWords(context.io.stdin, paths)).map(parsePath);
  const kv = await context.kv();
  const found = await Promise.all(named.map((path) => cachedAt(kv, path, now)));
  return {
    // A path and one of its query strings may both be named.
    keys: [...new Map(found.flat().map((planned) => [planned.key, planned])).values()],
    absent: named
      .filter((_, i) => found[i]?.length === 0)
      .map((path) => ({ path: cachePath(path) })),
  };
}
