import { machineFields } from './cell.ts';
import type { AnyColumn, AnyRow } from './columns.ts';
import type { Batches, Renderer } from './renderer.ts';
import { jsonText } from './text.ts';

const lines = (columns: readonly AnyColumn[], rows: readonly AnyRow[]): string[] =>
  rows.map((row) => jsonText(machineFields(columns, row)));

/** An array with a row on each line, closed on failure too, so that what is on stdout parses. */
async function* array(columns: readonly AnyColumn[], batches: Batches): AsyncGenerator<string> {
  let separator = '[\n';
  try {
    for await (const rows of batches) {
      yield separator + lines(columns, rows).join(',\n');
      separator = ',\n';
    }
  } catch (error) {
    if (separator !== '[\n') yield '\n]\n';
    throw error;
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n';
}

async function* eachLine(columns: readonly AnyColumn[], batches: Batches): AsyncGenerator<string> {
  for await (const rows of batches) yield `${lines(columns, rows).join('\n')}\n`;
}

export const json: Renderer = {
  list: array,
  stream: array,
  one: (columns, row) => `${jsonText(machineFields(columns, row), 2)}\n`,
};

export const ndjson: Renderer = {
  list: eachLine,
  stream: eachLine,
  one: (columns, row) => `${jsonText(machineFields(columns, row))}\n`,
};
