/** `stats --by type`: each type of event with its share, and its course over the window. */
import type { Context } from '../../context.ts';
import type { Column } from '../../output/columns.ts';
import { sparkline } from './bar.ts';
import { eventTone } from './kinds.ts';
import { find, type Query } from './query.ts';
import type { Steps } from './steps.ts';
import type { TimeWindow } from './window.ts';

/** A type of event. */
export interface TypeRow {
  event_type: string | null;
  shard: string;
  /** Percent of all events. */
  share: number;
  count: number;
  /** How many in each step of the window. */
  counts: number[];
  trend: string;
}

export const TYPE_FOR_SCRIPTS: readonly Column<TypeRow>[] = [
  { name: 'event_type', kind: 'text', fixed: true, role: 'identifier', tone: eventTone },
  { name: 'shard', kind: 'text', fixed: true },
  { name: 'count', kind: 'number' },
  { name: 'share', kind: 'percent' },
  { name: 'counts', kind: 'json', machineOnly: true },
];

const TYPE_FOR_PEOPLE: readonly Column<TypeRow>[] = [
  ...TYPE_FOR_SCRIPTS,
  { name: 'trend', kind: 'text', role: 'secondary', fixed: true, derived: true },
];

/** The columns of the types in an output format. */
export const typeColumnsIn = ({ format }: Context): readonly Column<TypeRow>[] =>
  format === 'table' ? TYPE_FOR_PEOPLE : TYPE_FOR_SCRIPTS;

/** A row for each type, the commonest first. Values are read only of events without metadata. */
export async function typeRows(
  query: Query,
  window: TimeWindow,
  { steps, indexOf }: Steps,
): Promise<TypeRow[]> {
  const types = new Map<string, Pick<TypeRow, 'event_type' | 'shard' | 'counts'>>();
  let total = 0;
  for (const { id, shard, row } of await find(query, window)) {
    if (id === null) continue;
    const event_type = row.event_type ?? null;
    const key = `${shard.name} ${event_type}`;
    const type = types.get(key) ?? { event_type, shard: shard.name, counts: steps.map(() => 0) };
    const step = indexOf(id.timestamp);
    type.counts[step] = (type.counts[step] ?? 0) + 1;
    types.set(key, type);
    total++;
  }
  const rows = [...types.values()].map((type) => {
    const count = type.counts.reduce((sum, each) => sum + each, 0);
    const share = Math.round((1000 * count) / total) / 10;
    return { ...type, count, share, trend: sparkline(type.counts) };
  });
  return rows.sort((a, b) => b.count - a.count);
}

/** From when to when the trends go. */
export function trendNote({ steps }: Steps, context: Context): string {
  const [first, last] = [steps[0], steps.at(-1)];
  if (!first || !last) return '';
  return `trend from ${context.output.time(first.from)} to ${context.output.time(last.to)}`;
}
