/** Commands with mounts of their own, which nobody else sees and which end with them. */
import { spawnSync } from 'node:child_process';

/** Runs a shell script as root of a namespace; it gets the words of `command` as "$@". */
export function inNamespace(script: string, command: readonly string[] = []) {
  return spawnSync('unshare', ['-rm', '/bin/sh', '-c', script, 'sh', ...command], {
    encoding: 'utf8',
    timeout: 60_000,
  });
}

/** Whether this system lets us; some containers do not. */
export function canMount(): boolean {
  return inNamespace('mount -t tmpfs none /mnt').status === 0;
}
