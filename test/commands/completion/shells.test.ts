/** The completion scripts in the shells themselves, with the built command. A shell that is not installed is skipped. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { SCRIPTS, type Shell } from '../../../src/commands/completion/scripts.ts';
import { useFolder } from '../../folder.ts';

const folder = useFolder();
const isInstalled = (shell: string) => spawnSync(shell, ['--version']).status === 0;

beforeAll(() => {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const command = join(bin, 'goblin');
  const script = `#!/bin/sh\nexec "${process.execPath}" "${resolve('bin/goblin.js')}" "$@"\n`;
  writeFileSync(command, script);
  chmodSync(command, 0o755);
  for (const [shell, text] of Object.entries(SCRIPTS)) writeFileSync(join(folder, shell), text);
});

function shell(name: string, args: readonly string[]): string {
  const { PATH = '' } = process.env;
  return execFileSync(name, args, {
    encoding: 'utf8',
    cwd: folder,
    env: { PATH: `${join(folder, 'bin')}${delimiter}${PATH}`, HOME: folder, TERM: 'xterm' },
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 30_000,
  });
}

/** How each shell is asked what it would offer after a line. */
const OFFERS: Readonly<Record<Exclude<Shell, 'powershell'>, (line: string) => string[]>> = {
  // The words as readline parts them at Tab.
  bash(line) {
    const words = line
      .split(' ')
      .flatMap((word) => word.split(/(=)/).filter((part, i) => part || i === 0));
    const quoted = words.map((word) => `'${word}'`).join(' ');
    const script = `source ${folder}/bash; COMP_LINE='${line}'; COMP_POINT=\${#COMP_LINE}
      COMP_WORDS=(${quoted}); COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 ))
      _goblin; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return lines(shell('bash', ['--norc', '-c', script]));
  },
  // compadd of the completion system, told to print in place of showing a menu.
  zsh(line) {
    const words = line.split(' ').map((word) => `'${word}'`);
    const script = `compdef() { :; }; source ${folder}/zsh
      compadd() { shift 4; print -rl -- \${(P)1}; }; _files() { print files; }
      words=(${words.join(' ')}); CURRENT=\${#words}; _goblin; true`;
    return lines(shell('zsh', ['-f', '-c', script]));
  },
  fish(line) {
    const script = `source ${folder}/fish; complete -C '${line}'`;
    return lines(shell('fish', ['--no-config', '-c', script])).map(
      (each) => each.split('\t')[0] ?? '',
    );
  },
};

const lines = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .sort();

describe.each(Object.entries(OFFERS))('%s', (name, offers) => {
  it.skipIf(!isInstalled(name)).each([
    ['goblin fl', ['flags']],
    ['goblin sessions re', ['revoke']],
    ['goblin security list --type session_', ['session_expired', 'session_invalid']],
    ['goblin help exit', ['exit-codes']],
    ['goblin ratelimit simulate --algo ', ['fixed', 'sliding']],
    ['goblin flags set new_ui_enabled f', ['false']],
  ])('offers what goblin says after `%s`', (line, expected) => {
    expect(offers(line)).toEqual(expected);
  });

  it.skipIf(!isInstalled(name))('runs nothing of a half-typed line', () => {
    expect(offers('goblin kv get $(:>trap) x')).toEqual([]);
    expect(() => execFileSync('test', ['-e', join(folder, 'trap')])).toThrow();
  });
});

describe('zsh itself', () => {
  it.skipIf(!isInstalled('zsh'))('completes at Tab in a terminal of its own', () => {
    const script = `
      zmodload zsh/zpty; zpty z zsh -f -i
      zpty -w z "PS1='> '; autoload -U compinit; compinit -u -D; source ${folder}/zsh"
      zpty -w z "print re''ady"; zpty -r z out '*ready*'
      zpty -n -w z $'goblin sess\\t'
      zpty -r -t z more; for i in {1..200}; do [[ $more == *sessions* ]] && break
        zpty -r -t z part && more+=$part; sleep 0.05; done
      print -r -- $more; zpty -d z`;
    expect(shell('zsh', ['-f', '-c', script])).toContain('sessions');
  });
});

it.skipIf(!isInstalled('pwsh'))('PowerShell offers what goblin says', () => {
  const script = `. ${folder}/powershell.ps1
    (TabExpansion2 'goblin fl' 9).CompletionMatches | ForEach-Object CompletionText`;
  writeFileSync(join(folder, 'powershell.ps1'), SCRIPTS.powershell);
  expect(lines(shell('pwsh', ['-NoProfile', '-Command', script]))).toEqual(['flags']);
});
