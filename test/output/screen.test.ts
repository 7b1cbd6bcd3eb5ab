import { expect, it } from 'vitest';
import { coloursFor } from '../../src/output/colour.ts';
import type { Column } from '../../src/output/columns.ts';
import { drawScreen, type View } from '../../src/output/screen.ts';
import { table } from '../../src/output/table.ts';
import { fakeIo } from '../io.ts';

interface Row {
  name: string;
}

const COLUMNS: readonly Column<Row>[] = [{ name: 'name', kind: 'text' }];

async function draw(rows: number, views: View<Row>[]): Promise<readonly string[]> {
  const { stdout } = fakeIo({ tty: true });
  const look = async () => ({
    colours: coloursFor(stdout, { NO_COLOR: '1' }, undefined),
    width: 20,
    now: 0,
    time: undefined,
    leftOut: () => {},
  });
  const sink = { isTTY: true, columns: 20, rows, write: stdout.write };
  async function* each() {
    yield* views;
  }
  await drawScreen({ stdout: sink, look, renderer: table }, COLUMNS, each());
  return stdout.chunks;
}

const named = (...names: string[]): Row[] => names.map((name) => ({ name }));

it('goes back over all lines of the view before, however many there are now', async () => {
  const views = [
    { rows: named('a', 'b'), status: 'two' },
    { rows: [], status: 'none' },
    { rows: named('c'), status: 'one' },
  ];
  expect(await draw(24, views)).toEqual([
    'NAME\na\nb\ntwo\n',
    '\x1b[4F\x1b[Jnone\n',
    '\x1b[1F\x1b[JNAME\nc\none\n',
  ]);
});

it('is never higher or wider than the terminal, for what has scrolled away cannot be drawn over', async () => {
  const status = 'lost\x1b[2J: a reason that is long';
  const [text] = await draw(6, [{ rows: named('a', 'b', 'c', 'd', 'e'), status }]);
  expect(text).toBe('NAME\na\nb\n… and 3 more\nlost\\x1b[2J: a rea…\n');
});
