import type { Context } from '../../context.ts';
import { usageError } from '../../contract/errors.ts';
import { readAll } from '../../io/read-all.ts';
import { KNOWN_PREFERENCES, MAX_PREFERENCES_BYTES } from '../../tables/preferences.ts';
import { type Declare, describe } from '../command.ts';
import { changePreferences, parseName, readRow } from './change.ts';
import { showPreferences } from './rows.ts';

interface Options {
  user: string;
  name: string;
  value: string;
}

export const declare: Declare = (noun, run) => {
  noun
    .command('set <user> <name> <value>')
    .summary('set one preference of a user')
    .description(
      describe(
        'Sets one preference; - takes the value from stdin. theme, language and model_preference are text, ' +
          'temperature and max_tokens numbers. The value of any other name is JSON if it parses as such, else ' +
          `text. A user's preferences have ${MAX_PREFERENCES_BYTES} bytes at most. If somebody else changed the ` +
          'same preference since it was read, this fails with exit 1.',
        [
          'goblin prefs set u_42 theme light',
          'goblin prefs set u_42 temperature 0.3',
          `goblin prefs set u_42 shortcuts '{"send":"Enter"}'`,
        ],
      ),
    )
    .action((user: string, name: string, value: string) =>
      run(set, { user, name: parseName(name), value }),
    );
};

/** Sets one preference and shows all. */
export async function set(context: Context, { user, name, value }: Options): Promise<void> {
  const parsed = typed(user, name, value === '-' ? await readStdin(context) : value);
  const row = await readRow(await context.database(), user);
  await showPreferences(context, await changePreferences(context, user, row, { [name]: parsed }));
}

async function readStdin({ io }: Context): Promise<string> {
  const bytes = await readAll(io.stdin.read(), MAX_PREFERENCES_BYTES, () =>
    usageError(
      'preferences_too_large',
      `preferences may have ${MAX_PREFERENCES_BYTES} bytes in all`,
    ),
  );
  return new TextDecoder().decode(bytes).replace(/\r?\n$/, '');
}

/** @throws {GoblinError} `bad_value`, exit 2, which names the field */
function typed(user: string, name: string, text: string): unknown {
  const kind = KNOWN_PREFERENCES.get(name);
  if (kind === 'string') return text;
  if (kind === undefined) return jsonOr(user, name, text);
  const number = Number(text);
  const isNumber = text.trim() !== '' && Number.isFinite(number);
  if (isNumber && (name !== 'max_tokens' || Number.isSafeInteger(number))) return number;
  const form = name === 'max_tokens' ? 'a whole number' : 'a number';
  throw usageError(
    'bad_value',
    `${name} must be ${form}, and "${text.slice(0, 50)}" is none`,
    `Write \`goblin prefs set ${user} ${name} ${name === 'max_tokens' ? '2000' : '0.7'}\`, or unset it.`,
  );
}

function jsonOr(user: string, name: string, text: string): unknown {
  let value: unknown = text;
  try {
    value = JSON.parse(text);
  } catch {
    // It is text.
  }
  if (value !== null) return value;
  throw usageError(
    'bad_value',
    'null means: not set',
    `Use \`goblin prefs unset ${user} ${name}\`.`,
  );
}
