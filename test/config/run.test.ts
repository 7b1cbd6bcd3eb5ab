import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { credentialsFromWrangler } from '../../src/config/credentials.ts';
import { thisMachine } from '../../src/config/machine.ts';
import { complaintIn, runProgram } from '../../src/config/run.ts';
import { TAKES_THIS_NODE } from '../wrangler.ts';

function node(script: string, timeoutMs = 10_000) {
  const options = { cwd: process.cwd(), env: { MARK: 'a b' }, timeoutMs };
  return runProgram(process.execPath, ['-e', script], options);
}

it.each([
  ['a program that answers', 'process.stdout.write(process.env.MARK)', { ok: true, stdout: 'a b' }],
  ['one that fails', 'process.exit(3)', { ok: false, reason: 'it exited with 3' }],
  [
    'one that says why it fails',
    'console.error("\\nno login\\nmore"); process.exit(1)',
    { ok: false, reason: 'it exited with 1: no login' },
  ],
  [
    'one that waits for input',
    'process.stdin.on("end", () => console.log(1)).resume()',
    { ok: true, stdout: '1\n' },
  ],
  [
    'one that floods',
    'process.stdout.write("x".repeat(1e6))',
    { ok: false, reason: 'it printed too much' },
  ],
])('runs %s', async (_what, script, result) => {
  expect(await node(script)).toEqual(result);
});

it('gives up on a program that hangs', async () => {
  const hanging = await node('setInterval(() => {}, 1000)', 300);
  expect(hanging).toEqual({ ok: false, reason: 'it did not answer within 0.3 s' });
});

it('says that a program is not there', async () => {
  const options = { cwd: process.cwd(), env: {}, timeoutMs: 1000 };
  const reason = 'it could not run (ENOENT)';
  expect(await runProgram('/no/such/program', [], options)).toEqual({ ok: false, reason });
});

it.each([
  ['Wrangler requires Node v22.\n\nMore.', 'Wrangler requires Node v22.'],
  [
    '\n\x1b[31m✘ \x1b[41;31m[\x1b[97mERROR\x1b[0m] \x1b[1mNot logged in.\x1b[0m\n',
    'Not logged in.',
  ],
  ['▲ [WARNING] old\n\n✘ [ERROR] broken\n', 'broken'],
  ['bad token s3cret-value', 'bad token …'],
  [`${'x'.repeat(300)}`, `${'x'.repeat(200)}…`],
  ['\n', ''],
])('reduces %j to its first error', (stderr, complaint) => {
  const env = { API_TOKEN: 's3cret-value', EMPTY_KEY: '', HOME: 'old' };
  expect(complaintIn(stderr, env)).toBe(complaint);
});

it('takes the login of the real wrangler, or says why it gives none', {
  timeout: 20_000,
}, async () => {
  const HOME = mkdtempSync(join(tmpdir(), 'goblin-home-'));
  onTestFinished(() => rmSync(HOME, { recursive: true }));
  const machine = thisMachine({
    env: { PATH: process.env.PATH, HOME, CLOUDFLARE_API_TOKEN: 'tok-from-wrangler' },
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    interactive: false,
    engineAt: async () => null,
  });
  const found = await credentialsFromWrangler(machine);
  if (!TAKES_THIS_NODE) {
    const absent = expect.stringMatching(
      /gave none: it exited with 1: Wrangler requires .* Node.js v22/,
    );
    expect(found).toEqual({ absent, wranglerInstalled: true });
    return;
  }
  expect(found).toMatchObject({ credentials: { origin: 'wrangler auth token' } });
  const credentials = 'credentials' in found ? found.credentials.value : undefined;
  expect(credentials?.kind === 'token' && credentials.token.reveal()).toBe('tok-from-wrangler');
});
