/** The operator's editor, on the operator's terminal. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { GoblinError, usageError } from '../contract/errors.ts';
import type { Io } from './streams.ts';

/**
 * Opens a file in `$VISUAL`, else `$EDITOR`, else (on a terminal) what every system has, and waits for its
 * end. The variable is a shell's command line, as it is for git: `code --wait` works.
 * @throws {GoblinError} exit 2 where there is no editor to take, 1 where it fails.
 */
export async function openEditor(path: string, io: Io): Promise<void> {
  const command = editorOf(io);
  const child = process.platform === 'win32' ? windows(command, path) : posix(command, path);
  const [code, signal] = await once(child, 'exit').catch((cause: unknown) => {
    throw failed(command, String(cause));
  });
  if (code !== 0) throw failed(command, `it ended with ${signal ?? code}`);
}

function editorOf({ env, stdin, stderr }: Io): string {
  const command = env.VISUAL || env.EDITOR;
  if (command) return command;
  if (stdin.isTTY && stderr.isTTY) return process.platform === 'win32' ? 'notepad' : 'vi';
  throw usageError(
    'no_editor',
    'there is no terminal to edit on, and no editor is set',
    'Set VISUAL or EDITOR, or use `goblin kv put` with @ and the path of a file.',
  );
}

/** The path is an argument of its own, so that nothing in it means anything to the shell. */
function posix(command: string, path: string) {
  return spawn('sh', ['-c', `${command} "$@"`, 'sh', path], { stdio: 'inherit' });
}

function windows(command: string, path: string) {
  return spawn(`${command} "${path}"`, { stdio: 'inherit', shell: true });
}

function failed(command: string, why: string): GoblinError {
  return new GoblinError('failed', 'editor_failed', `the editor (${command}) failed: ${why}`, {
    hint: 'Nothing was changed. VISUAL or EDITOR says which editor to take.',
  });
}
