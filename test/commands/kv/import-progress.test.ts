import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { useFolder } from '../../folder.ts';
import { MEMORY_ENV, memoryApi } from '../../memory-api.ts';
import { run } from '../../run.ts';

const folder = useFolder();

/** Imports 25,000 lines; each request takes 15 s. */
async function imported(tty: boolean) {
  const lines = Array.from({ length: 25_000 }, (_, i) => `{"key":"k:${i}","value":"v"}`);
  const file = join(folder, 'lines.ndjson');
  await writeFile(file, `${lines.join('\n')}\n`);
  const { fetch } = memoryApi();
  let time = 0;
  return run(`kv import ${file} --on-conflict overwrite --yes --namespace-id abc`, {
    tty,
    columns: 120,
    env: { ...MEMORY_ENV, NO_COLOR: '1' },
    now: () => time,
    fetch(url, init) {
      time += 15_000;
      return fetch(url, init);
    },
  });
}

it('tells a build log how far it is, at what rate, and how long it takes', async () => {
  const { code, stderr } = await imported(false);
  expect(code).toBe(0);
  expect(stderr).toMatch(/^importing line 10,000 of 25,000 \(40%\), \d+\/s, \d+s left$/m);
  expect(stderr).not.toContain('\r');
});

it('rewrites one line on a terminal, and takes it away in the end', async () => {
  const { stderr } = await imported(true);
  expect(stderr).toMatch(/\r\x1b\[Kimporting line 20,000 of 25,000 \(80%\), \d+\/s, \d+s left/);
  expect(stderr.trimEnd().endsWith('\x1b[K')).toBe(true);
});
