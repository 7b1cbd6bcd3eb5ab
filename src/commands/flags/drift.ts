import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import { readFlags } from '../../flags/kv/stored.ts';
import { defaultOf, type Settings, valueAt } from '../../flags/settings.ts';
import type { Column } from '../../output/columns.ts';
import type { FlagValue } from '../../shards/flag-value.ts';
import { parseOrigin } from '../../text/origin.ts';
import { plural } from '../../text/plural.ts';
import { type Declare, describe } from '../command.ts';
import { knownFlags } from './names.ts';
import { observedFlags } from './observed.ts';
import { openFlagDatabase } from './stored.ts';
import { inEffect } from './value.ts';

/** What holds of a flag at each place; null where the place does not say. */
interface DriftRow {
  flag: string;
  d1: FlagValue | null;
  kv: FlagValue | null;
  default: FlagValue | null;
  /** What the edge tells this machine: of a percentage, on or off. */
  edge: boolean | null;
  /** The places that differ from D1, or from the default where D1 does not say. */
  differs: string;
}

const COLUMNS: readonly Column<DriftRow>[] = [
  { name: 'flag', kind: 'text', role: 'identifier' },
  { name: 'd1', kind: 'flag' },
  { name: 'kv', kind: 'flag' },
  { name: 'default', kind: 'flag' },
  { name: 'edge', kind: 'boolean' },
  { name: 'differs', kind: 'text', fixed: true, tone: (places) => (places ? 'bad' : 'good') },
];

interface Options {
  via?: string;
}

/** Milliseconds for what is asked of the edge. */
const PATIENCE_MS = 15_000;

export const declare: Declare = (noun, run) => {
  noun
    .command('drift')
    .summary('flags in D1, KV and at an edge, side by side: exit 8 on a difference')
    .description(
      describe(
        'Shows every flag as D1 has it, as the copy in KV has it, its default, and with --via what an edge ' +
          'obeys, and is exit 8 where they differ. Without a copy in KV, the edge makes one. It changes ' +
          'nothing; any other flags command writes the copy again. Needs a D1 database.',
        ['goblin flags drift', 'goblin flags drift --via https://edge.example.com'],
      ),
    )
    .option('--via <url>', 'also ask the edge at this address', parseOrigin)
    .action((options: Options) => run(drift, options));
};

/** Compares the places. @throws {GoblinError} exit 8 where they differ, 4 without a database */
export async function drift(context: Context, { via }: Options): Promise<void> {
  const database = await openFlagDatabase(context);
  const kv = await context.kv();
  const [stored, copy] = [await database.read(), await readFlags({ kv, now: context.now })];
  const edge = via === undefined ? null : await observedAt(context, via);
  const now = context.now();
  const d1: Settings = stored.rows.size > 0 ? stored.settings : new Map();
  const names = new Set([...knownFlags(d1), ...copy.settings.keys(), ...Object.keys(edge ?? {})]);
  const at = { d1, kv: copy.settings, edge, isCopied: copy.settings.size > 0 };
  const rows = [...names].sort().map((flag) => driftRow(flag, at, now));
  if (copy.problem !== null) await context.log.warn(`the copy in KV is broken: ${copy.problem}`);
  else if (!at.isCopied) await context.log.note('KV holds no copy now; the edge makes one.');
  await context.output.list(COLUMNS, rows);
  const differing = rows.filter(({ differs }) => differs !== '').length;
  if (differing === 0 && copy.problem === null) return;
  const what = plural(differing, 'flag differs', 'flags differ');
  throw new GoblinError('difference', 'flags_drift', `${what} between the places`, {
    hint: 'KV follows D1 with the next flags command, e.g. `goblin flags list`, and edges within 60 s.',
  });
}

async function observedAt(context: Context, url: string): Promise<Record<string, boolean>> {
  const edge = await context.within(PATIENCE_MS, { edge: url }).edge();
  return observedFlags(context, edge);
}

interface Places {
  d1: Settings;
  kv: Settings;
  edge: Record<string, boolean> | null;
  /** Whether KV holds a copy. */
  isCopied: boolean;
}

function driftRow(flag: string, { d1, kv, edge, isCopied }: Places, now: number): DriftRow {
  const held = (settings: Settings) =>
    settings.has(flag) ? valueAt(flag, settings.get(flag), now) : null;
  const [inD1, inKv, atEdge] = [held(d1), held(kv), edge?.[flag] ?? null];
  const wanted = inD1 ?? (d1.size === 0 ? inKv : null) ?? defaultOf(flag) ?? false;
  const decided = inEffect(wanted);
  const kvDiffers = isCopied && inEffect(inKv ?? false) !== decided;
  // An edge whose API is off tells nothing of the other flags.
  const isTold = atEdge !== null || (edge !== null && !('api_enabled' in edge && isOff(edge)));
  const edgeDiffers = isTold && typeof decided === 'boolean' && (atEdge ?? false) !== decided;
  const differs = [...(kvDiffers ? ['kv'] : []), ...(edgeDiffers ? ['edge'] : [])].join(', ');
  return { flag, d1: inD1, kv: inKv, default: defaultOf(flag), edge: atEdge, differs };
}

const isOff = (edge: Record<string, boolean>) => Object.keys(edge).join() === 'api_enabled';
