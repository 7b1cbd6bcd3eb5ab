/** One value of a row, for machines and for people, as its column's kind says. */
import {
  type AnyColumn,
  type AnyRow,
  anyColumns,
  type Column,
  type Kind,
  type Shown,
  type Tone,
} from './columns.ts';
import { jsonText, visible } from './text.ts';
import { duration, isInstant, timestamp } from './time.ts';

/** How an instant (ms since 1970) is shown, in a column of that kind. */
export type When = (ms: number, kind: Kind) => string;

/** What a person sees: safe text without colour, and what it means. */
export interface Cell {
  text: string;
  tone?: Tone | undefined;
  /** Whether it is new since it was shown last. */
  fresh?: boolean;
}

interface KindRules {
  text: (value: never, when: When) => string;
  /** What a value means, unless its column says so. */
  tone?: (value: unknown) => Tone | undefined;
  /** Figures are aligned on the right. */
  alignRight?: true;
  /** Free text may be cut where a line is too long. A figure that is cut is wrong. */
  shrinks?: true;
  /** Cells that a value commonly takes up: where the column begins in a stream. */
  startWidth: number;
}

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `1.2 KiB`: one decimal below ten, none above. */
function bytes(value: number): string {
  const power = Math.floor(Math.log2(Math.max(1, Math.abs(value))) / 10);
  const unit = Math.min(power, BYTE_UNITS.length - 1);
  const size = value / 1024 ** unit;
  const digits = unit > 0 && Math.abs(size) < 10 ? 1 : 0;
  return `${size.toFixed(digits)} ${BYTE_UNITS[unit]}`;
}

/** A flag's value is a percentage, true or false; what is stored in its place is shown as it is. */
const flagText = (value: unknown): string =>
  typeof value === 'number' ? `${value}%` : typeof value === 'string' ? value : jsonText(value);

function flagTone(value: unknown): Tone | undefined {
  if (typeof value === 'number') return 'care';
  return value === true ? 'good' : 'quiet';
}

const figure = (startWidth: number, text: (value: number) => string): KindRules => ({
  text,
  alignRight: true,
  startWidth,
});

const KINDS: Readonly<Record<Kind, KindRules>> = {
  text: { text: (value: string) => value, shrinks: true, startWidth: 15 },
  json: { text: (value: unknown) => jsonText(value), shrinks: true, startWidth: 15 },
  number: figure(6, String),
  percent: figure(4, (value) => `${value}%`),
  bytes: figure(8, bytes),
  seconds: figure(7, duration),
  ms: figure(8, (value) => `${value} ms`),
  time: { text: (value: number, when) => when(value, 'time'), startWidth: 19 },
  event_time: { text: (value: number, when) => when(value, 'event_time'), startWidth: 19 },
  boolean: { text: String, startWidth: 5 },
  flag: { text: flagText, tone: flagTone, startWidth: 5 },
};

export function kindRules(kind: Kind): KindRules {
  return KINDS[kind];
}

/** Whether a column's values are instants in milliseconds. */
export function isTime(kind: Kind): kind is 'time' | 'event_time' {
  return kind === 'time' || kind === 'event_time';
}

/** A value as scripts get it: null for unknown, RFC 3339 for a time, anything else as it is stored. */
export function machineValue(kind: Kind, value: unknown): unknown {
  if (isTime(kind) && typeof value === 'number' && isInstant(value)) return timestamp(value);
  return value ?? null;
}

/**
 * A row as scripts get it: every column, in order, and what is wrong with the stored value where something
 * is; further fields of the row are left out.
 */
export function machineRow<Row extends object>(
  columns: readonly Column<Row>[],
  row: Shown<Row>,
): AnyRow {
  return machineFields(anyColumns(columns), row as AnyRow);
}

/** The same of a row of any type. */
export function machineFields(columns: readonly AnyColumn[], row: AnyRow): AnyRow {
  const cells = columns.map(({ name, kind }) => [name, machineValue(kind, row[name])] as const);
  const problem = row.problem ? [['problem', row.problem] as const] : [];
  return Object.fromEntries([...cells, ...problem]);
}

/** A value as people see it: `-` for unknown. */
export function humanCell(column: AnyColumn, value: unknown, when: When): Cell {
  if (value === null || value === undefined) return { text: '-', tone: 'quiet' };
  const rules = KINDS[column.kind];
  const tone = column.tone ? column.tone(value) : rules.tone?.(value);
  return { text: visible(rules.text(value as never, when)), tone };
}
