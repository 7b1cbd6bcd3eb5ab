import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pages } from '../scripts/docs.ts';
import { wholeProgram } from '../src/program.ts';
import { run } from './run.ts';

const generated = await pages();

describe('the documentation', () => {
  it.each(Object.entries(generated))(
    '%s is what the code says; `npm run docs` writes it',
    (path, text) => {
      expect(readFileSync(path, 'utf8')).toBe(text);
    },
  );

  it('has an example in the help of every command, and every example parses', async () => {
    const root = await wholeProgram();
    const leaves = root.commands.flatMap((noun) =>
      noun.commands.length > 0 ? noun.commands : [noun],
    );
    expect(leaves.length).toBeGreaterThan(10);
    for (const leaf of leaves) {
      const path = [leaf.parent?.name(), leaf.name()].filter((name) => name !== 'goblin').join(' ');
      expect(leaf.description(), path).toMatch(/Examples:\n {2}\$ .*goblin /);
      expect((await run(`${path} --help`)).code, path).toBe(0);
    }
  });

  it('shows in the README only commands that there are', async () => {
    const root = await wholeProgram();
    const shown = readFileSync('README.md', 'utf8').matchAll(
      /^\s*(?:\$ )?goblin ([a-z0-9]+)(?: ([a-z]+))?/gm,
    );
    for (const [line, noun, verb] of shown) {
      const command = root.commands.find((candidate) => candidate.name() === noun);
      expect(command, line).toBeDefined();
      if (!command || command.commands.length === 0 || !verb) continue;
      expect(
        command.commands.map((candidate) => candidate.name()),
        line,
      ).toContain(verb);
    }
  });
});
