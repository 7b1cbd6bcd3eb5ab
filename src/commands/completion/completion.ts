import { Argument } from 'commander';
import type { Context } from '../../context.ts';
import { type Declare, describe } from '../command.ts';
import { SCRIPTS, type Shell } from './scripts.ts';

export const declare: Declare = (noun, run) => {
  noun
    .description(
      describe(
        'Writes the script by which a shell completes goblin’s commands, options and flag names.',
        [
          'source <(goblin completion bash)                 # in ~/.bashrc',
          'source <(goblin completion zsh)                  # in ~/.zshrc, after compinit',
          'goblin completion fish > ~/.config/fish/completions/goblin.fish',
          'goblin completion powershell | Out-String | Invoke-Expression   # in $PROFILE',
        ],
      ),
    )
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(SCRIPTS)))
    .action((shell: Shell) => run(completion, { shell }));
};

/** Writes one shell's script. */
export async function completion({ io }: Context, { shell }: { shell: Shell }): Promise<void> {
  await io.stdout.write(SCRIPTS[shell]);
}
