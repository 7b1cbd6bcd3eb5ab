import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { terminalSvg } from '../../scripts/terminal-svg.js';

/** The texts of a picture with where they stand and what else is said of them. */
function texts(svg: string) {
  const found = svg.matchAll(
    /<text x="([\d.]+)" y="(\d+)" textLength="([\d.]+)"[^>]*?>(.*?)<\/text>/g,
  );
  return [...found].map(([whole, x, y, length, text]) => ({ whole, x, y, length, text }));
}

describe('the picture of a terminal', () => {
  it('keeps colours, weight and columns', () => {
    const svg = terminalSvg(
      '\x1b[1mab\x1b[22m  \x1b[31mc\x1b[39md\n\x1b[2mx\x1b[0my',
      80,
      'a title',
    );
    expect(texts(svg)).toMatchObject([
      { text: 'ab', x: '20', y: '54', length: '16.8', whole: expect.stringContaining('bold') },
      { text: 'c', x: '53.6', y: '54', whole: expect.stringContaining('#ff7b72') },
      { text: 'd', x: '62', y: '54', whole: expect.not.stringContaining('fill') },
      { text: 'x', x: '20', y: '74', whole: expect.stringContaining('opacity') },
      { text: 'y', x: '28.4', y: '74', whole: expect.not.stringContaining('opacity') },
    ]);
  });

  it('breaks lines where the terminal ends, and leaves other escape sequences out', () => {
    const shown = texts(terminalSvg('\x1b[2Kabc\x1b[?25lde', 3, 'a title'));
    expect(shown).toMatchObject([
      { text: 'abc', y: '54' },
      { text: 'de', y: '74', x: '20' },
    ]);
  });

  it('takes nothing of the text for markup', () => {
    expect(terminalSvg('<script>&', 80, 'a title')).toContain('>&lt;script&gt;&amp;</text>');
  });

  it('in the README is of the same run as its first block', () => {
    const [, block = ''] =
      /^```\n(\$ goblin [\s\S]*?)^```$/m.exec(readFileSync('README.md', 'utf8')) ?? [];
    const picture = readFileSync('docs/terminal.svg', 'utf8').replace(/<[^>]*>/g, ' ');
    const words = block.split(/\s{2,}|\n/).filter(Boolean);
    expect(words.length).toBeGreaterThan(6);
    for (const word of words) expect(picture).toContain(word);
  });
});
