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

/** Longer complaints are cut. */
const MOST_COMPLAINT = 200;

interface Failure {
  killed?: boolean;
  code?: number | string | null;
}

function reasonOf({ killed, code }: Failure, complaint: string, timeoutMs: number): string {
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return 'it printed too much';
  if (killed === true) return `it did not answer within ${timeoutMs / 1000} s`;
  if (typeof code !== 'number') return `it could not run (${code})`;
  return complaint === '' ? `it exited with ${code}` : `it exited with ${code}: ${complaint}`;
}

/**
 * What a program complains of on stderr: its first error, else its first line, without colours. More is not
 * shown, and what the environment holds as a secret is masked: stderr may repeat it.
 */
export function complaintIn(stderr: string, env: RunOptions['env']): string {
  const lines = stderr.replaceAll(/\x1b\[[\d;]*m/g, '').split('\n');
  const line = lines.find((text) => text.includes('[ERROR]')) ?? lines.find((text) => text.trim());
  const text = (line ?? '').replace(/^\W*\[ERROR\]\s*/, '').trim();
  const masked = secretsIn(env).reduce((rest, secret) => rest.replaceAll(secret, '…'), text);
  return masked.length > MOST_COMPLAINT ? `${masked.slice(0, MOST_COMPLAINT)}…` : masked;
}

function secretsIn(env: RunOptions['env']): string[] {
  return Object.entries(env)
    .filter(([name, value]) => /TOKEN|KEY|SECRET|PASS/i.test(name) && value)
    .map(([, value]) => value as string);
}

/** `Run` on this machine. */
export const runProgram: Run = async (file, args, { cwd, env, timeoutMs }) => {
  return await new Promise((resolve) => {
    const options = {
      cwd,
      env: { ...env },
      timeout: timeoutMs,
      maxBuffer: MOST_OUTPUT_BYTES,
      windowsHide: true,
    };
    const child = execFile(file, args, options, (error, stdout, stderr) => {
      if (!error) return resolve({ ok: true, stdout });
      const complaint = complaintIn(stderr, env);
      resolve({ ok: false, reason: reasonOf(error, complaint, timeoutMs) });
    });
    child.stdin?.end();
  });
};
