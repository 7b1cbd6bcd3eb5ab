/** A help topic as text for a terminal. */
import type { Topic } from './topics.ts';

const WIDTH = 80;

export function topicText({ name, summary, parts }: Topic): string {
  const blocks = parts.map((part) =>
    typeof part === 'string' ? wrap(part, WIDTH, 0) : list(part),
  );
  return `${[`${name}: ${summary}`, ...blocks].join('\n\n')}\n`;
}

function list(items: readonly (readonly [string, string])[]): string {
  const width = Math.max(...items.map(([term]) => term.length)) + 4;
  const lines = items.map(
    ([term, meaning]) => `  ${term.padEnd(width - 2)}${wrap(meaning, WIDTH - width, width)}`,
  );
  return lines.join('\n');
}

/** Lines of at most `width` characters; those after the first one are indented. */
function wrap(text: string, width: number, indent: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`);
}
