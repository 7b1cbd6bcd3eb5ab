import type { Column, Row } from '../shards/shard.ts';
import { type Cell, humanCell, kindRules, type When } from './cell.ts';
import { type Lane, layOut, widened } from './layout.ts';
import type { Batches, Look, Renderer } from './renderer.ts';
import { relative, timestamp } from './time.ts';

/** What is wrong with a row's stored value, shown only where something is. */
const PROBLEM: Column = { name: 'problem', kind: 'text' };

/** Lines given at a time: enough to be quick, few enough to begin at once. */
const LINES_AT_ONCE = 1000;

const seconds: When = (ms) => timestamp(ms).replace(/\.\d+Z$/, 'Z');

function shownColumns(columns: readonly Column[], rows: readonly Row[]): Column[] {
  const shown = columns.filter(({ name, machineOnly }) => !machineOnly && name !== PROBLEM.name);
  return rows.some((row) => row[PROBLEM.name]) ? [...shown, PROBLEM] : shown;
}

function problemCell(row: Row, when: When): Cell {
  const problem = row[PROBLEM.name];
  return problem ? { ...humanCell('text', problem, when), style: 'yellow' } : { text: '' };
}

function cellsOf(columns: readonly Column[], row: Row, when: When): Cell[] {
  return columns.map((column) =>
    column === PROBLEM ? problemCell(row, when) : humanCell(column.kind, row[column.name], when),
  );
}

const headerCells = (columns: readonly Column[]): Cell[] =>
  columns.map(({ name }) => ({ text: name.toUpperCase(), style: 'dim' }));

function lanesOf(columns: readonly Column[], widths: readonly number[]): Lane[] {
  return columns.map(({ kind }, i) => {
    const { alignRight = false, shrinks = false } = kindRules(kind);
    return { width: widths[i] ?? 0, alignRight, shrinks };
  });
}

async function* list(
  columns: readonly Column[],
  batches: Batches,
  look: Look,
): AsyncGenerator<string> {
  const rows: Row[] = [];
  for await (const batch of batches) rows.push(...batch);
  if (rows.length === 0) return;
  const shown = shownColumns(columns, rows);
  const when: When = (ms) => relative(ms, look.now);
  const lines = [headerCells(shown), ...rows.map((row) => cellsOf(shown, row, when))];
  const lanes = lanesOf(shown, widened([], lines));
  for (let from = 0; from < lines.length; from += LINES_AT_ONCE) {
    yield layOut(lines.slice(from, from + LINES_AT_ONCE), lanes, look.width, look.colours);
  }
}

/**
 * Lines as they come: columns begin at a width their kind commonly needs and widen for good when a longer
 * text comes. Times are absolute, since a printed "3s ago" is soon untrue.
 */
async function* stream(
  columns: readonly Column[],
  batches: Batches,
  look: Look,
): AsyncGenerator<string> {
  let widest = shownColumns(columns, []).map(({ kind }) => kindRules(kind).typicalWidth);
  let header = [headerCells(shownColumns(columns, []))];
  for await (const rows of batches) {
    const shown = shownColumns(columns, rows);
    const lines = [...header, ...rows.map((row) => cellsOf(shown, row, seconds))];
    header = [];
    widest = widened(widest, lines);
    yield layOut(lines, lanesOf(shown, widest), look.width, look.colours);
  }
}

/** `name  value` lines. Nothing is cut: whoever asks for one thing wants all of it. */
function one(columns: readonly Column[], row: Row, look: Look): string {
  const shown = shownColumns(columns, [row]);
  const when: When = (ms) => `${seconds(ms)} (${relative(ms, look.now)})`;
  const names = shown.map(({ name }): Cell => ({ text: name, style: 'dim' }));
  const values = cellsOf(shown, row, when);
  const lines = names.map((name, i) => [name, values[i] ?? { text: '' }]);
  const lanes = widened([], lines).map((width) => ({ width, alignRight: false, shrinks: false }));
  return layOut(lines, lanes, undefined, look.colours);
}

export const table: Renderer = { list, stream, one };
