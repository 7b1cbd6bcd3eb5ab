/** Values of options and arguments: fixed ones from the tree, living ones from where they live. */
import type { Argument, Option } from 'commander';
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
): Promise<Values> {
  if (takes.argChoices) return takes.argChoices;
  const source = SOURCES[takes.name()];
  return source ? source(context, slot) : [];
}

async function environments(context: Context): Promise<Values> {
  return (await (await context.config()).wranglerFile())?.environments ?? [];
}

async function flagNames(context: Context, { given }: Slot): Promise<Values> {
  const { knownFlags } = await import('./flag-names.ts');
  return knownFlags(context, given);
}
