/** What fails on this machine, and what is said of it. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diagnose } from '../../src/local/faults.ts';
import { command, goblin, run } from './goblin.ts';
import { canMount, inNamespace } from './mounts.ts';

let root: string;
let state: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'goblin-faults-'));
  state = join(root, 'state');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Neither Cloudflare's nor goblin's fault. */
const BLAME = /cloudflarestatus|fault in goblin|HTTPS_PROXY/;

describe.runIf(canMount())('a state folder', () => {
  /** A command with its state mounted in a way of its own. */
  function mounted(script: string, ...words: string[]) {
    const { status, stderr } = inNamespace(`${script} && exec "$@"`, command(state, ...words));
    expect(stderr).not.toMatch(BLAME);
    return { status, stderr };
  }
  const readOnly = (folder: string) =>
    `mount --bind ${folder} ${folder} && mount -o remount,ro,bind ${folder}`;

  it('that is read-only is said to be so, at once', async () => {
    await goblin(state, 'kv', 'put', 'k', 'v');
    for (const words of [
      ['kv', 'put', 'k', 'v'],
      ['kv', 'get', 'k'],
      ['dev', '--port', '0'],
    ]) {
      expect(mounted(readOnly(state), ...words)).toEqual({
        status: 1,
        stderr: expect.stringMatching(
          /the state folder is not writable \(EROFS\)[\s\S]*--persist-to/,
        ),
      });
    }
  });

  it('whose data are read-only is said to be so', async () => {
    await goblin(state, 'kv', 'put', 'k', 'v');
    for (const folder of ['v3', 'v3/kv/miniflare-KVNamespaceObject', 'v3/kv/GOBLIN_KV/blobs']) {
      expect(mounted(readOnly(join(state, folder)), 'kv', 'put', 'k', 'w')).toEqual({
        status: 1,
        stderr: expect.stringContaining('the state folder is not writable (EROFS)'),
      });
    }
  });

  it('on a full disk is said to be so', () => {
    mkdirSync(state);
    const value = join(root, 'value');
    writeFileSync(value, 'x'.repeat(600_000));
    const full = `mount -t tmpfs -o size=400k none ${state}`;
    expect(mounted(full, 'kv', 'put', 'k', `@${value}`)).toEqual({
      status: 1,
      stderr: expect.stringMatching(/the disk is full: workerd said: .*No space left on device/),
    });
  });

  it('on a disk without room for a file is said to be so', () => {
    mkdirSync(state);
    const full = `mount -t tmpfs -o nr_inodes=1 none ${state}`;
    expect(mounted(full, 'kv', 'get', 'k')).toEqual({
      status: 1,
      stderr: expect.stringContaining('the disk is full (ENOSPC)'),
    });
  });
});

it('a state folder that is a file is said to be none', async () => {
  writeFileSync(state, '');
  const { code, stderr } = await goblin(state, 'kv', 'get', 'k');
  expect([code, stderr]).toEqual([1, expect.stringContaining('cannot be made there')]);
});

it('a state that is damaged is said to be so', async () => {
  await goblin(state, 'kv', 'put', 'k', 'v');
  const kv = join(state, 'v3/kv/miniflare-KVNamespaceObject');
  for (const file of readdirSync(kv)) writeFileSync(join(kv, file), 'no database at all');
  const { code, stderr } = await goblin(state, 'kv', 'get', 'k');
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/the state is damaged: workerd said: .*SQLITE_NOTADB/),
  ]);
  expect(stderr).not.toMatch(/stack: |likely additional logging/);
});

describe('workerd that does not run', () => {
  const program = (script: string) => {
    const file = join(root, 'workerd-test');
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    return file;
  };
  const GLIBC = "/lib/libc.so.6: version \\`GLIBC_2.35' not found (required by workerd)";

  it.each([
    [
      'for want of a library',
      () =>
        program('echo "workerd: error while loading shared libraries: libc++.so.1" >&2; exit 127'),
      /lacks a library that workerd needs: workerd said: .*libc\+\+\.so\.1[\s\S]*glibc 2\.35/,
    ],
    [
      'for an old glibc',
      () => program(`echo "${GLIBC}" >&2; exit 1`),
      /GLIBC_2\.35[\s\S]*glibc 2\.35/,
    ],
    [
      'because the processor does not',
      () => program('kill -ILL $$'),
      /SIGILL: workerd does not run/,
    ],
    [
      'and says something unheard of',
      () => program('echo "one\nthe moon is full" >&2; exit 3'),
      /exit code 3: workerd said: one \| the moon is full[\s\S]*goblin doctor/,
    ],
    ['and says nothing', () => program('exit 3'), /workerd \(process \d+\) ended: exit code 3/],
    ['because it is not there', () => join(root, 'workerd-none'), /spawn .*workerd-none ENOENT/],
  ])('%s', async (_, workerd, said) => {
    const { stdin, ended } = run(command(state, 'kv', 'get', 'k'), {
      MINIFLARE_WORKERD_PATH: workerd(),
    });
    stdin.end();
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([1, expect.stringMatching(said)]);
    expect(stderr).not.toMatch(BLAME);
  });
});

it.each([
  ['table _cf_ALARM has 3 columns but 2 values were supplied: SQLITE_ERROR', 'state_newer'],
  ['Unsupported platform: linux ia32 LE', 'engine_unsupported'],
  [
    'The package "@cloudflare/workerd-linux-64" could not be found, and is needed by workerd.',
    'engine_unsupported',
  ],
  [
    'bind(sockfd, &addr.generic, addrlen): Address already in use; toString() = 127.0.0.1:8787',
    'port_in_use',
  ],
  ['something else', undefined],
])('%s is %s', (text, code) => {
  expect(diagnose(text)?.code).toBe(code);
});
