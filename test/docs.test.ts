import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
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
    const below = (command: Command): Command[] =>
      command.commands.length > 0 ? command.commands.flatMap(below) : [command];
    const leaves = below(root);
    expect(leaves.length).toBeGreaterThan(10);
    for (const leaf of leaves) {
      const names = [];
      for (let at = leaf; at.parent; at = at.parent) names.unshift(at.name());
      const path = names.join(' ');
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

  it('is in the package, as far as the README links to it', () => {
    const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [{ files }] = JSON.parse(packed) as [{ files: { path: string }[] }];
    const paths = files.map(({ path }) => path);
    const links = [...readFileSync('README.md', 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)];
    expect(links.length).toBeGreaterThan(3);
    for (const [, link] of links) expect(paths).toContain(link);
    expect(paths).toContain(JSON.parse(readFileSync('package.json', 'utf8')).man);
  });

  const hasMan = spawnSync('man', ['--version']).status === 0;
  it.skipIf(!hasMan)('has a manual page that man shows without a warning', () => {
    const { stdout, stderr } = spawnSync('man', ['--warnings', '-Tutf8', '-l', 'docs/goblin.1'], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C.UTF-8', MANPAGER: 'cat', MANWIDTH: '120' },
    });
    expect(stderr).toBe('');
    // Bold is a letter over itself, or an escape sequence.
    const plain = stdout.replace(/.\x08|\x1b\[\d+m/g, '');
    for (const noun of ['flags set <flag> <value>', 'ip <ip>', 'rooms doc get']) {
      expect(plain).toContain(`goblin ${noun}`);
    }
  });
});
