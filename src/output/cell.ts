/** One value of a row, for machines and for people, as its column's kind says. */
import type { Column, Kind, Row } from '../shards/shard.ts';
import { jsonText, visible } from './text.ts';
import { duration, isInstant, timestamp } from './time.ts';

/** How an instant (ms since 1970) reads where it is shown. */
export type When = (ms: number) => string;

/** What a person sees: safe text without colour, and the colour's name. */
export interface Cell {
  text: string;
  style?: 'green' | 'yellow' | 'dim';
}

interface KindRules {
  /** The value as JSON and CSV have it; as it is where this is left out. */
  machine?: (value: number) => unknown;
  /** The value for people; called only with what `holds` accepts. */
  human: (value: never, when: When) => Cell;
  /** Whether a value is of this kind. What is not is shown as what it is. */
  holds: (value: unknown) => boolean;
  /** Figures stand on the right. */
  alignRight?: true;
  /** Free text gives way where a line is too long. A figure or a handle that is cut is of no use. */
  shrinks?: true;
  /** Cells that a value of this kind commonly takes up: where a stream's columns begin. */
  typicalWidth: number;
}

const isNumber = (value: unknown) => typeof value === 'number' && Number.isFinite(value);
const isTime = (value: unknown) => typeof value === 'number' && isInstant(value);
const isBoolean = (value: unknown) => typeof value === 'boolean';
const isText = (value: unknown) => typeof value === 'string';

const text = (value: string): Cell => ({ text: visible(value) });
const json = (value: unknown): Cell => ({ text: visible(jsonText(value)) });

const flag = (value: boolean | number): Cell =>
  typeof value === 'number'
    ? { text: `${value}%`, style: 'yellow' }
    : { text: String(value), style: value ? 'green' : 'dim' };

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `1.2 KiB`: one decimal below ten, none above. */
function bytes(value: number): string {
  const power = Math.floor(Math.log2(Math.max(1, Math.abs(value))) / 10);
  const unit = Math.min(power, BYTE_UNITS.length - 1);
  const size = value / 1024 ** unit;
  const digits = unit > 0 && Math.abs(size) < 10 ? 1 : 0;
  return `${size.toFixed(digits)} ${BYTE_UNITS[unit]}`;
}

/** Rules of a kind that is a number with a unit. */
const figure = (typicalWidth: number, format: (value: number) => string): KindRules => ({
  human: (value: number) => ({ text: format(value) }),
  holds: isNumber,
  alignRight: true,
  typicalWidth,
});

const KINDS = {
  text: { human: text, holds: isText, shrinks: true, typicalWidth: 15 },
  handle: { human: text, holds: isText, typicalWidth: 12 },
  json: { human: json, holds: () => true, shrinks: true, typicalWidth: 15 },
  number: figure(6, String),
  percent: figure(4, (value) => `${value}%`),
  bytes: figure(8, bytes),
  seconds: figure(7, duration),
  ms: figure(8, (value) => `${value} ms`),
  time: {
    machine: timestamp,
    human: (value: number, when) => ({ text: when(value) }),
    holds: isTime,
    typicalWidth: 20,
  },
  boolean: {
    human: (value: boolean) => ({ text: String(value), style: value ? 'green' : 'dim' }),
    holds: isBoolean,
    typicalWidth: 5,
  },
  flag: { human: flag, holds: (value) => isBoolean(value) || isNumber(value), typicalWidth: 5 },
} satisfies Record<Kind, KindRules>;

export function kindRules(kind: Kind): KindRules {
  return KINDS[kind];
}

/** A value as scripts get it: null for unknown, RFC 3339 for a time, anything else as it is stored. */
export function machineValue(kind: Kind, value: unknown): unknown {
  const rules = kindRules(kind);
  if (rules.machine && rules.holds(value)) return rules.machine(value as number);
  return value ?? null;
}

/**
 * A row as scripts get it: every column, in order, and what is wrong with the stored value where something
 * is; whatever else the row holds is left out.
 */
export function machineRow(columns: readonly Column[], row: Row): Row {
  const cells = columns.map(({ name, kind }) => [name, machineValue(kind, row[name])] as const);
  const problem = row.problem ? [['problem', row.problem] as const] : [];
  return Object.fromEntries([...cells, ...problem]);
}

/** A value as people see it: `-` for unknown. */
export function humanCell(kind: Kind, value: unknown, when: When): Cell {
  if (value === null || value === undefined) return { text: '-', style: 'dim' };
  const rules = kindRules(kind);
  if (rules.holds(value)) return rules.human(value as never, when);
  return typeof value === 'string' ? text(value) : json(value);
}
