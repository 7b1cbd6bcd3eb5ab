import { execFile } from 'node:child_process';

export interface RunOptions {
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  timeoutMs: number;
}

/** How a program ended: its standard output where it exited with 0, or in words why there is none. */
export type RunResult = { ok: true; stdout: string } | { ok: false; reason: string };

/** Runs a program without a shell. Never rejects. */
export type Run = (
  file: string,
  args: readonly string[],
  options: RunOptions,
) => Promise<RunResult>;

const MOST_OUTPUT_BYTES = 64 * 1024;

interface Failure {
  killed?: boolean;
  code?: number | string | null;
}

function reasonOf({ killed, code }: Failure, timeoutMs: number): string {
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return 'it printed too much';
  if (killed === true) return `it did not answer within ${timeoutMs / 1000} s`;
  return typeof code === 'number' ? `it exited with ${code}` : `it could not run (${code})`;
}

/** `Run` on this machine. What the program prints on stderr is dropped: it may hold a secret. */
export const runProgram: Run = async (file, args, { cwd, env, timeoutMs }) => {
  return await new Promise((resolve) => {
    const options = {
      cwd,
      env: { ...env },
      timeout: timeoutMs,
      maxBuffer: MOST_OUTPUT_BYTES,
      windowsHide: true,
    };
    const child = execFile(file, args, options, (error, stdout) => {
      resolve(error ? { ok: false, reason: reasonOf(error, timeoutMs) } : { ok: true, stdout });
    });
    child.stdin?.end();
  });
};
