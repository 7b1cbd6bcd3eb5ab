/** From columns and rows to cells and lanes: what lists and streams have in common. */
import { type Cell, humanCell, isTime, kindRules, type When } from './cell.ts';
import { type Clock, styleFor, timeText, zoneMark } from './clock.ts';
import { type AnyColumn, type AnyRow, changesOf, type Kind } from './columns.ts';
import { coloured } from './draw.ts';
import { fitWidths, GAP, type Lane } from './layout.ts';
import type { Look } from './renderer.ts';
import { visible } from './text.ts';
import { truncate } from './width.ts';

/** What is wrong with a row's stored value, shown only where something is. */
const PROBLEM: AnyColumn = { name: 'problem', kind: 'text' };

/** The columns that a table of these rows has. */
export function shownColumns(
  columns: readonly AnyColumn[],
  rows: readonly AnyRow[],
): readonly AnyColumn[] {
  const shown = columns.filter(({ name, machineOnly }) => !machineOnly && name !== PROBLEM.name);
  return rows.some((row) => row[PROBLEM.name]) ? [...shown, PROBLEM] : shown;
}

function problemCell(row: AnyRow, when: When): Cell {
  const problem = row[PROBLEM.name];
  return problem ? { ...humanCell(PROBLEM, problem, when), tone: 'care' } : { text: '' };
}

export function cellsOf(columns: readonly AnyColumn[], row: AnyRow, when: When): Cell[] {
  const changed = changesOf(row);
  return columns.map((column) => {
    if (column === PROBLEM) return problemCell(row, when);
    const cell = humanCell(column, row[column.name], when);
    return changed.has(column.name) ? { ...cell, fresh: true } : cell;
  });
}

/** How times are shown in a column of `kind`, in a list or in a stream. */
function timeStyle(kind: Kind, { time, width }: Look, isFleeting: boolean) {
  const isTerminal = width !== undefined;
  const clock: Clock = {
    isEvent: kind === 'event_time',
    chosen: time,
    isFleeting: isFleeting && isTerminal,
    isTerminal,
  };
  return styleFor(clock);
}

export function headerCells(
  columns: readonly AnyColumn[],
  look: Look,
  isFleeting: boolean,
): Cell[] {
  return columns.map(({ name, kind }) => {
    const zone = isTime(kind) ? zoneMark(timeStyle(kind, look, isFleeting), look.now) : '';
    return { text: name.toUpperCase() + zone, tone: 'quiet' };
  });
}

export function whenIn(look: Look, isFleeting: boolean): When {
  return (ms, kind) => timeText(ms, timeStyle(kind, look, isFleeting), look.now);
}

export function laneOf({ kind, role = 'primary', fixed }: AnyColumn, width: number): Lane {
  const { alignRight = false, shrinks = false } = kindRules(kind);
  return { width, alignRight, shrinks: shrinks && !fixed, role };
}

/** Lanes that fit on the line; what has no room is told to `leftOut`. */
export function fitted(
  columns: readonly AnyColumn[],
  lanes: readonly Lane[],
  { width, leftOut }: Look,
): Lane[] {
  if (width === undefined) return [...lanes];
  const widths = fitWidths(lanes, width);
  const missing = columns.filter((_, i) => widths[i] === 0).map(({ name }) => name);
  if (missing.length > 0) leftOut(missing);
  return lanes.map((lane, i) => ({ ...lane, width: widths[i] ?? 0 }));
}

/** What is wrong with a row, on a line of its own; empty where nothing is. */
export function problemLine({ problem }: AnyRow, { colours, width = 0 }: Look): string {
  if (!problem) return '';
  const text = truncate(`problem: ${visible(String(problem))}`, Math.max(1, width - GAP.length));
  return `${GAP}${coloured({ text, tone: 'care' }, colours)}\n`;
}
