/**
 * Packs the package and installs it into an empty prefix, as `npm install --global` does, once for all tests.
 * `GOBLIN_PACKAGE` names a package that is packed already; `GOBLIN_NODE` is the Node that runs it.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

declare module 'vitest' {
  interface ProvidedContext {
    /** The installed command. */
    goblin: string;
    /** A folder with nothing but `node`, the one under test. */
    nodeFolder: string;
  }
}

export default async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'goblin-packed-'));
  const nodeFolder = join(folder, 'node');
  const prefix = join(folder, 'prefix');
  for (const made of [nodeFolder, prefix]) mkdirSync(made);
  symlinkSync(process.env.GOBLIN_NODE || process.execPath, join(nodeFolder, 'node'));
  const file = process.env.GOBLIN_PACKAGE || (await pack(folder));
  // It has no dependencies: whatever npm would have to fetch is a mistake.
  await npm(['install', '--global', '--offline', '--prefix', prefix, file]);
  project.provide('goblin', join(prefix, 'bin', 'goblin'));
  project.provide('nodeFolder', nodeFolder);
  return () => rmSync(folder, { recursive: true });
}

async function pack(folder: string): Promise<string> {
  await npm(['pack', '--pack-destination', folder]);
  const name = readdirSync(folder).find((file) => file.endsWith('.tgz'));
  if (!name) throw new Error('npm pack made no package');
  return join(folder, name);
}

async function npm(args: string[]): Promise<void> {
  const quiet = ['--no-audit', '--no-fund', '--loglevel', 'error'];
  await promisify(execFile)('npm', [...args, ...quiet], { cwd: ROOT });
}
