/** Values of options and arguments: fixed ones from the tree, living ones from where they live. */
import type { Argument, Option } from 'commander';
import { offeredFor } from '../../arguments/offered.ts';
import type { Context } from '../../context.ts';
import { TIME_STYLES } from '../../output/clock.ts';
import { FORMATS } from '../../output/format.ts';
import type { Slot } from './words.ts';

/** Null where the shell should offer files. */
export type Values = readonly string[] | null;

type Source = (context: Context, slot: Slot) => Promise<Values>;

const FILES: Source = async () => null;

/** By the names of options and arguments, whatever command they belong to. */
const SOURCES: Readonly<Record<string, Source>> = {
  output: async () => FORMATS,
  time: async () => TIME_STYLES,
  env: environments,
  from: environments,
  to: environments,
  flag: flagNames,
  session: sessionHandles,
  'name=value': async (context, slot) =>
    ((await flagNames(context, slot)) ?? []).flatMap((name) => [`${name}=true`, `${name}=false`]),
  config: FILES,
  'persist-to': FILES,
  'resume-file': FILES,
  source: FILES,
  file: FILES,
};

/** What the option or argument at the cursor may be; empty where that is for the operator to know. */
export async function valuesOf(
  context: Context,
  slot: Slot,
  takes: Option | Argument,
  word: string,
): Promise<Values> {
  if (takes.argChoices) return takes.argChoices;
  const offered = offeredFor(takes);
  if (offered) return offered.isList ? listed(offered.words, word) : offered.words;
  const source = SOURCES[takes.name()];
  return source ? source(context, slot) : [];
}

/** A list between commas with each word that it does not have yet in the last place. */
function listed(words: readonly string[], word: string): string[] {
  const before = word.slice(0, word.lastIndexOf(',') + 1);
  const given = before.split(',');
  return words.filter((each) => !given.includes(each)).map((each) => before + each);
}

async function environments(context: Context): Promise<Values> {
  return (await (await context.config()).wranglerFile())?.environments ?? [];
}

async function flagNames(context: Context, { given }: Slot): Promise<Values> {
  const { knownFlags } = await import('./stored-names.ts');
  return knownFlags(context, given);
}

async function sessionHandles(context: Context, { given }: Slot): Promise<Values> {
  const { knownSessions } = await import('./stored-names.ts');
  return knownSessions(context, given);
}
