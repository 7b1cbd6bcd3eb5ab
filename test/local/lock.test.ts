import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockHolder, tryLock } from '../../src/local/lock.ts';

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'goblin-lock-')), 'lock');
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

/** A ticket as another process would leave it. */
function leaveTicket(pid: number, agoSeconds: number): void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${pid}-00000000`);
  const time = new Date(Date.now() - agoSeconds * 1000);
  writeFileSync(file, '');
  utimesSync(file, time, time);
}

it('is held by one at a time', () => {
  const lock = tryLock(folder);
  expect(tryLock(folder)).toBeNull();
  expect(lockHolder(folder)).toBe(process.pid);
  lock?.release();
  expect(lockHolder(folder)).toBeNull();
  tryLock(folder)?.release();
  expect(readdirSync(folder)).toEqual([]);
});

it('is held by another process that lives', () => {
  leaveTicket(process.ppid, 5);
  expect(tryLock(folder)).toBeNull();
  expect(lockHolder(folder)).toBe(process.ppid);
});

it('ends with its process', () => {
  leaveTicket(spawnSync(process.execPath, ['-e', '0']).pid, 0);
  const lock = tryLock(folder);
  expect(lock).not.toBeNull();
  lock?.release();
});

it('ends when its process id has gone to another that does not touch it', () => {
  leaveTicket(process.ppid, 60);
  const lock = tryLock(folder);
  expect(lock).not.toBeNull();
  lock?.release();
});

it('of an earlier process with the very same id is not taken for its own', () => {
  leaveTicket(process.pid, 0);
  const lock = tryLock(folder);
  expect(lock).not.toBeNull();
  lock?.release();
});
