/**
 * The compatibility suite: goblin as it ships, installed beside the newest wrangler, Node and supported
 * miniflare (pinned in test/compat/tools), apart from this project's own. Arguments go to vitest.
 * GOBLIN_COMPAT_TOOLS names a folder to keep these tools in between runs.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PINS = join(ROOT, 'test/compat/tools');

const kept = process.env.GOBLIN_COMPAT_TOOLS;
const tools = kept ?? mkdtempSync(join(tmpdir(), 'goblin-tools-'));
try {
  installTools();
  installGoblin();
  const vitest = ['vitest', 'run', '--config', 'test/compat/vitest.config.ts'];
  process.exitCode = run('npx', [...vitest, ...process.argv.slice(2)], ROOT);
} finally {
  if (kept === undefined) rmSync(tools, { recursive: true, force: true });
}

function installTools() {
  mkdirSync(tools, { recursive: true });
  for (const file of ['package.json', 'package-lock.json']) {
    cpSync(join(PINS, file), join(tools, file));
  }
  if (!existsSync(join(tools, 'node_modules/node/bin/node'))) mustRun('npm', ['ci'], tools);
}

/** Packed and installed as a user does it, strict about versions that do not go together. */
function installGoblin() {
  const packed = join(tools, 'packed');
  rmSync(packed, { recursive: true, force: true });
  rmSync(join(tools, 'node_modules/goblin-cli'), { recursive: true, force: true });
  mkdirSync(packed);
  mustRun('npm', ['pack', '--silent', '--pack-destination', packed], ROOT);
  const files = readdirSync(packed).map((file) => join(packed, file));
  mustRun('npm', ['install', '--no-save', '--strict-peer-deps', ...files], tools);
}

function mustRun(program, args, cwd) {
  const code = run(program, args, cwd);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}`);
}

function run(program, args, cwd) {
  const env = { ...process.env, GOBLIN_COMPAT_TOOLS: tools };
  return spawnSync(program, args, { cwd, env, stdio: 'inherit' }).status;
}
