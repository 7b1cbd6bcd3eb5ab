import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ENVIRONMENT } from '../../../src/commands/help/environment.ts';
import { TOPICS } from '../../../src/commands/help/topics.ts';
import { EXIT } from '../../../src/contract/errors.ts';
import { run } from '../../run.ts';

describe.each(TOPICS)('goblin help $name', ({ name, summary }) => {
  it('is a text of lines that fit into 80 columns', async () => {
    const { code, stdout, stderr } = await run(`help ${name}`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(summary);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(stdout).not.toContain('undefined');
  });

  it('is named by goblin --help', async () => {
    expect((await run('--help')).stdout).toMatch(new RegExp(`Help topics:\n.*\\b${name}\\b`));
  });
});

it('exit-codes has every code', async () => {
  const { stdout } = await run('help exit-codes');
  for (const code of Object.values(EXIT))
    expect(stdout).toMatch(new RegExp(`^ {2}${code} +\\w`, 'm'));
});

it('environment names every variable of goblin and Cloudflare that the code reads, and no other', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
    (file) =>
      file.endsWith('.ts') && !file.startsWith('local/') && !file.startsWith('commands/help/'),
  );
  const source = files.map((file) => readFileSync(`src/${file}`, 'utf8')).join('\n');
  const read = source.matchAll(/(?:env\.|')((?:GOBLIN|CLOUDFLARE)_[A-Z_]+)\b/g);
  const names = new Set([...read].map(([, name]) => name));
  // Names of bindings, not of variables.
  for (const binding of ['GOBLIN_KV', 'GOBLIN_DB']) names.delete(binding);
  const told = ENVIRONMENT.map(([name]) => name).filter((name) =>
    /^(GOBLIN|CLOUDFLARE)_/.test(name),
  );
  expect(told.toSorted()).toEqual([...names].toSorted());
});

it('goblin help is that of the whole, and goblin help flags set that of the verb', async () => {
  expect((await run('help')).stdout).toBe((await run('--help')).stdout);
  expect((await run('help flags set')).stdout).toContain('Usage: goblin flags set');
  expect((await run('help rooms doc get')).stdout).toContain('Usage: goblin rooms doc get');
});
