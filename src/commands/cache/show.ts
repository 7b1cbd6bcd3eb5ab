import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import { readKeys } from '../../kv/records.ts';
import { type CacheId, cache, cacheKey, cachePath } from '../../shards/cache.ts';
import { type Declare, describe } from '../command.ts';
import { parsePath } from './path.ts';
import { CACHE_COLUMNS } from './rows.ts';

interface Options {
  path: CacheId;
  body?: true;
}

export const declare: Declare = (noun, run) => {
  noun
    .command('show <path>')
    .summary('one response')
    .description(
      describe('What is kept of one response, or with --body its bytes as they are.', [
        'goblin cache show /models',
        "goblin cache show '/models?limit=10'",
        'goblin cache show /models --body | jq .',
      ]),
    )
    .option('--body', 'the body instead')
    .action((path: string, flags: { body?: true }) =>
      run(show, { ...flags, path: parsePath(path) }),
    );
};

/** Shows one response, or its body. @throws {GoblinError} exit 3 where none is kept */
export async function show(context: Context, { path, body }: Options): Promise<void> {
  const kv = await context.kv();
  const key = cacheKey.format(path);
  if (body) {
    const value = await kv.get(key);
    return value ? context.output.raw(value.value) : refuseAbsent(path);
  }
  const listed = await kv.find(key);
  const [record] = listed ? await readKeys(kv, cache, [listed]) : [];
  return record ? context.output.one(CACHE_COLUMNS, record.row) : refuseAbsent(path);
}

function refuseAbsent(path: CacheId): never {
  throw new GoblinError('notFound', 'not_cached', `${cachePath(path)} is not cached`, {
    hint: 'A response is kept for 5 minutes; `goblin cache list` shows what is there.',
  });
}
