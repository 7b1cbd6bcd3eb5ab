import type { Context } from '../../context.ts';
import { usageError } from '../../contract/errors.ts';
import { resolved } from '../../flags/settings.ts';
import { jsonText } from '../../output/text.ts';
import { isFlagValue } from '../../shards/flag-value.ts';
import { type Declare, describe } from '../command.ts';
import { fileOf } from './file.ts';
import { look, refuseBroken } from './stored.ts';

export const declare: Declare = (noun, run) => {
  noun
    .command('export')
    .summary('all that is set, as a file to edit and apply')
    .description(
      describe(
        'Prints all that is set as JSON, to be edited, planned and applied. Its fingerprint makes `apply` ' +
          'refuse it once somebody has changed the flags; take it out to keep the file in a repository.',
        ['goblin flags export > flags.json', 'goblin flags export -e staging > staging.json'],
      ),
    )
    .action(() => run(exportFlags, {}));
};

/** Prints the file. @throws {GoblinError} exit 2 for CSV, 1 if the stored flags cannot be read */
export async function exportFlags(context: Context): Promise<void> {
  if (context.format === 'csv') {
    const hint = '`goblin flags list -o csv` gives a table of them.';
    throw usageError('bad_format', 'a flags file is JSON and cannot be CSV', hint);
  }
  const stored = await look(context);
  refuseBroken(stored);
  const settings = resolved(stored.settings, context.now());
  const wrong = [...settings].find(([, { value }]) => value !== undefined && !isFlagValue(value));
  if (wrong) {
    await context.log.warn(`${wrong[0]} has no valid value; correct it in the file, or remove it`);
  }
  const indent = context.format === 'ndjson' ? undefined : 2;
  const text = jsonText(fileOf(stored, context.now()), indent);
  await context.output.raw(new TextEncoder().encode(`${text}\n`));
}
