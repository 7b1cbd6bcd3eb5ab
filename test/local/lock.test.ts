import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockHolder, takeLock } from '../../src/local/lock.ts';
import { canMount, inNamespace } from './mounts.ts';
import { firstLine, paused } from './process.ts';

const SCRIPT = fileURLToPath(new URL('lock-process.ts', import.meta.url));

let root: string;
let file: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'goblin-lock-'));
  file = join(root, 'state', 'lock');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const take = () => takeLock(file, new AbortController().signal);

/** Asked of the kernel, by a program that knows nothing of goblin. */
const isHeld = (path = file) => spawnSync('flock', ['-n', path, 'true']).status === 1;

/** Another process that has the lock. */
async function otherHolder() {
  const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, file], { stdio: 'pipe' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await firstLine(child.stdout);
  return { child, pid: child.pid as number, ended };
}

it('is held by one at a time', async () => {
  let inside = 0;
  const most = await Promise.all(
    Array.from({ length: 12 }, async () => {
      const lock = await take();
      const now = ++inside;
      expect(isHeld()).toBe(true);
      inside--;
      lock.release();
      return now;
    }),
  );
  expect(Math.max(...most)).toBe(1);
  expect(isHeld()).toBe(false);
});

it('tells who holds it, while it is held', async () => {
  const lock = await take();
  expect(lockHolder(file)).toBe(process.pid);
  lock.release();
  expect(lockHolder(file)).toBeNull();
});

it('stays with a process that is paused, however long, and ends with one that is killed', async () => {
  const other = await otherHolder();
  other.child.kill('SIGSTOP');
  await paused(other.pid);
  expect(isHeld()).toBe(true);
  expect(lockHolder(file)).toBe(other.pid);
  const waiting = take();
  other.child.kill('SIGKILL');
  (await waiting).release();
  await other.ended;
  expect(lockHolder(file)).toBeNull();
});

it('is free where only a file is left, with the id of a process that lives', async () => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${process.ppid}\n`);
  const lock = await take();
  expect(lockHolder(file)).toBe(process.pid);
  lock.release();
});

it('is the same by whatever path', async () => {
  const lock = await take();
  symlinkSync(dirname(file), join(root, 'link'));
  expect(isHeld(join(root, 'link', 'lock'))).toBe(true);
  lock.release();
});

it('is lost with its folder, and who waited for it gets that of the new one', async () => {
  const lock = await take();
  const waiting = take();
  expect(lock.isInPlace()).toBe(true);
  rmSync(dirname(file), { recursive: true });
  expect(lock.isInPlace()).toBe(false);
  lock.release();
  const next = await waiting;
  expect(next.isInPlace()).toBe(true);
  expect(isHeld()).toBe(true);
  next.release();
});

it('is not taken by a wait that was given up', async () => {
  const lock = await take();
  const giveUp = new AbortController();
  const waiting = takeLock(file, giveUp.signal);
  giveUp.abort();
  await expect(waiting).rejects.toThrow();
  lock.release();
  expect(isHeld()).toBe(false);
});

it.runIf(canMount())('needs the program flock, and says so', () => {
  const lock = JSON.stringify(fileURLToPath(new URL('../../src/local/lock.ts', import.meta.url)));
  const script = `
    const { takeLock } = await import(${lock});
    await takeLock(process.argv[1], new AbortController().signal).catch(({ code, hint }) => console.log(code, hint));`;
  const inside = 'mount --bind /dev/null "$(command -v flock)" && exec "$@"';
  const node = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', script, file];
  expect(inNamespace(inside, node).stdout).toContain('no_flock Install util-linux.');
});
