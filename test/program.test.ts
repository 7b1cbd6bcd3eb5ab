import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { fill, type Verbs } from '../src/commands/command.ts';
import { nouns } from '../src/commands/list.ts';
import { run } from './run.ts';

/** The names of the verbs that a noun is given for a word. */
async function declared(noun: string, word: string): Promise<string[]> {
  const command = new Command(noun);
  await fill(command, nouns, async () => {}, word);
  return command.commands.map((verb) => verb.name());
}

describe.each(nouns)('the verbs of $name', (noun) => {
  it('are listed by the words that they answer to, and loaded one by one', async () => {
    const verbs: Verbs = noun.verbs;
    for (const word of Object.keys(verbs).filter(Boolean)) {
      expect(await declared(noun.name, word)).toEqual([word]);
    }
  });
});

it('all are loaded for help, and for a word that is none of them', async () => {
  const { stdout } = await run('kv --help');
  expect(stdout).toContain('import');
  const { code, stderr } = await run('kv exprot');
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('export') });
});

it('a verb is found after global options, and where its noun stands behind them', async () => {
  for (const line of ['-o json config show', 'config -o json show', 'config show -o json']) {
    expect((await run(line)).json()).toBeTruthy();
  }
});

it('-c names the wrangler file and -e its environment, as wrangler has them', async () => {
  const cwd = process.cwd();
  for (const line of [
    'config show -c worker/wrangler.toml -e x',
    '-cworker/wrangler.toml -ex config show',
  ]) {
    const { json } = await run(`${line} -o json`, { cwd });
    expect(json()).toContainEqual({
      setting: 'account',
      value: null,
      origin: null,
      problem: 'worker/wrangler.toml has no environment x (--env)',
    });
  }
});
