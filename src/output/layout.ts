/** How wide each column is, in cells of the terminal, and which columns there is room for. */
import type { Role } from './columns.ts';

export const GAP = '  ';

/** What stays of a text at least, so that something of it can be read. */
const LEAST = 8;
/** What stays of a primary text while there are secondary columns that can be left out. */
const LEAST_PRIMARY = 20;

export interface Lane {
  /** Cells that the widest of its texts takes up. */
  width: number;
  alignRight: boolean;
  /** Whether its texts may be cut. */
  shrinks: boolean;
  role: Role;
}

/** Cells of a line with these widths; 0 is a lane that is left out. */
export function lineWidth(widths: readonly number[]): number {
  const present = widths.filter((width) => width > 0);
  const sum = present.reduce((total, width) => total + width, 0);
  return sum + GAP.length * Math.max(0, present.length - 1);
}

/**
 * The width of each lane in a line of at most `limit` cells; 0 for a lane that is left out. Secondary texts
 * shrink, then primary ones. Where that is not enough, secondary lanes are left out, the last one first, and then
 * primary ones. Identifiers alone may be wider than the limit, for they are never cut.
 */
export function fitWidths(lanes: readonly Lane[], limit: number): number[] {
  const secondary = indexesOf(lanes, 'secondary').reverse();
  const leaving = [...secondary, ...indexesOf(lanes, 'primary').reverse()];
  const present = lanes.map(() => true);
  for (let left = 0; ; left++) {
    const leastPrimary = left < secondary.length ? LEAST_PRIMARY : LEAST;
    const widths = shrunk(lanes, present, leastPrimary, limit);
    const next = leaving[left];
    if (next === undefined || lineWidth(widths) <= limit) return widths;
    present[next] = false;
  }
}

function indexesOf(lanes: readonly Lane[], role: Role): number[] {
  return [...lanes.keys()].filter((i) => lanes[i]?.role === role);
}

/**
 * The lanes that are present, with their texts cut as far as the line needs: the secondary ones first, then the
 * primary ones, each time the widest first. Where that is not enough, the line stays too wide.
 */
function shrunk(
  lanes: readonly Lane[],
  present: readonly boolean[],
  leastPrimary: number,
  limit: number,
): number[] {
  let widths = lanes.map(({ width }, i) => (present[i] ? width : 0));
  for (const [role, least] of [
    ['secondary', LEAST],
    ['primary', leastPrimary],
  ] as const) {
    const isCut = (i: number) => lanes[i]?.shrinks && lanes[i]?.role === role;
    const from = widths;
    let cap = Math.max(...from);
    while (cap > least && lineWidth(widths) > limit) {
      cap--;
      widths = from.map((width, i) => (isCut(i) ? Math.min(width, cap) : width));
    }
  }
  return widths;
}
