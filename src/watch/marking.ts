/** Marks in the lists of a refresh, against what the last one showed. */
import { type AnyRow, anyColumns, type Column } from '../output/columns.ts';
import type { Output } from '../output/output.ts';
import { type Changes, type ListMemory, listMemory, MARK } from './memory.ts';
import type { Frame } from './screen.ts';

interface News extends Changes {
  keep: Frame['keep'];
}

const NOTHING: News = { added: 0, changed: 0, gone: [], keep: 'first' };

interface Marking {
  output: Output;
  news: {
    /** What was marked since the last call, which is then known. */
    keep(): News;
    /** Forgets what was marked: it has not been shown. */
    drop(): void;
  };
}

/** An output that marks in each list what is new since the last refresh. */
export function marking(output: Output): Marking {
  const memories: ListMemory[] = [];
  let lists = 0;
  let news = NOTHING;
  const marked: Output = {
    ...output,
    async list(columns, rows, options) {
      const all: AnyRow[] = [];
      for await (const row of rows) all.push(row as AnyRow);
      const memory = memories[lists] ?? listMemory();
      memories[lists++] = memory;
      const found = memory.compare(anyColumns(columns), all);
      news = {
        added: news.added + found.added,
        changed: news.changed + found.changed,
        gone: [...news.gone, ...found.gone],
        keep: isAscending(columns, all) ? 'last' : news.keep,
      };
      const withMarks = [MARK, ...anyColumns(columns)] as unknown as readonly Column<AnyRow>[];
      return output.list<AnyRow>(withMarks, found.rows as never, options);
    },
  };
  const drop = () => {
    [lists, news] = [0, NOTHING];
  };
  const keep = () => {
    for (const memory of memories) memory.keep();
    const kept = news;
    drop();
    return kept;
  };
  return { output: marked, news: { keep, drop } };
}

/** Whether a list is in order of time with the newest last, which is then what has to be seen. */
function isAscending<Row>(columns: readonly Column<Row>[], rows: readonly AnyRow[]): boolean {
  const time = columns[0];
  if (time?.kind !== 'event_time') return false;
  return Number(rows.at(-1)?.[time.name]) > Number(rows[0]?.[time.name]);
}
