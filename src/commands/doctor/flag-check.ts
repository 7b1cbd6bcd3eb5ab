/** The flags in D1: that they can be read, and which of them do not mean what they seem to. */
import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import { shellWord } from '../../text/shell-word.ts';
import { isInDatabase, openFlagDatabase } from '../flags/stored.ts';
import { type Finding, ok, skipped, warning } from './check.ts';

/** Flags named. */
const NAMED = 5;

export async function flagsInD1(context: Context): Promise<Finding> {
  if (!(await isInDatabase(context))) return skipped('no D1 database is bound: flags are in KV');
  try {
    const { rows } = await (await openFlagDatabase(context)).read();
    if (rows.size === 0) return ok('none, so those in KV hold');
    const ignored = [...rows.values()].filter(({ ignored_rollout }) => ignored_rollout !== null);
    if (ignored.length === 0) return ok(`${rows.size} flags`);
    const names = ignored
      .slice(0, NAMED)
      .map(({ name, ignored_rollout }) => `${name} (${ignored_rollout}%)`);
    const [first] = ignored;
    const command = `goblin flags set ${shellWord(first?.name ?? '')}`;
    const more = ignored.length > NAMED ? ', …' : '';
    return warning(
      `on for everybody, for their old rollout is ignored: ${names.join(', ')}${more}`,
      `\`${command} ${first?.ignored_rollout}\` makes it count, \`${command} true\` drops it.`,
    );
  } catch (error) {
    if (!(error instanceof GoblinError) || error.code !== 'no_such_table') throw error;
    return warning('the database has no table of flags, so they are in KV alone', error.hint ?? '');
  }
}
