/** Preferences as they are shown. */
import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import type { Column } from '../../output/columns.ts';
import type { Preferences } from '../../tables/preferences.ts';

interface PreferenceRow {
  name: string;
  value: unknown;
}

const COLUMNS: readonly Column<PreferenceRow>[] = [
  { name: 'name', kind: 'text', role: 'identifier' },
  { name: 'value', kind: 'json' },
];

/** One user's: an object in JSON, a row for each as a table. */
export async function showPreferences(context: Context, set: Preferences): Promise<void> {
  const rows = Object.entries(set).map(([name, value]) => ({ name, value }));
  if (context.format === 'table' || context.format === 'csv') {
    await context.output.list(COLUMNS, rows, { empty: 'Nothing is set.' });
    return;
  }
  const columns = rows.map(({ name }) => ({ name, kind: 'json' }));
  await context.output.one(columns as unknown as readonly Column<Preferences>[], set);
}

export function notSet(user: string, name?: string): GoblinError {
  const what = name === undefined ? 'preferences' : `preference ${name}`;
  return new GoblinError('notFound', 'not_set', `${user} has no ${what}`, {
    hint: '`goblin prefs list` shows the users that have any.',
  });
}
