/** Exports that end at any point and go on: no line twice, none lost, whatever ended them. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { outputFile } from '../../../src/io/streams.ts';
import { faulty, refuseConnection } from '../../faults.ts';
import { type Fetch, MEMORY_ENV, memoryApi } from '../../memory-api.ts';
import { type RunOptions, run } from '../../run.ts';

/** On three pages, whose values take five bulk reads. */
const KEYS = Array.from({ length: 500 }, (_, i) => `many:${10_000 + i}`);
const PAGE = 200;
const REQUESTS = 8;
const api = memoryApi(
  KEYS.map((key) => ({ key, value: 'v' })),
  {},
  PAGE,
);

let folder: string;
let file: string;
let place: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'goblin-resume-'));
  file = join(folder, 'memory.ndjson');
  place = join(folder, 'place.json');
});
afterEach(() => rm(folder, { recursive: true }));

const keysIn = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line).key);

interface Ending {
  /** Told before each write to the file, from 1; what it returns is written, and then an error thrown. */
  killedAt?: (write: number) => 'before' | 'midway' | 'after' | undefined;
  fetch?: Fetch;
  signal?: AbortSignal;
}

class Killed extends Error {}

/**
 * The export with stdout appended to the file, as `>>` does. A kill is played by a write that throws and a
 * resume file that cannot be written any more: nothing that would come after a SIGKILL happens.
 */
async function exporting({ killedAt, fetch = api.fetch, signal }: Ending = {}) {
  const handle = await open(file, 'a');
  let writes = 0;
  const write = async (chunk: string | Uint8Array) => {
    const death = killedAt?.(++writes);
    const bytes = Buffer.from(chunk);
    if (death !== 'before')
      appendFileSync(file, death === 'midway' ? bytes.subarray(0, 99) : bytes);
    if (death) throw new Killed();
  };
  const options: RunOptions = {
    env: MEMORY_ENV,
    cwd: folder,
    fetch,
    stdout: { write, isTTY: false, columns: undefined },
    stdoutFile: outputFile(handle.fd) ?? undefined,
    ...(signal && { signal }),
  };
  try {
    return await run('kv export many: --resume-file place.json --namespace-id abc', options);
  } finally {
    await handle.close();
  }
}

describe('an export into a file that is killed', () => {
  for (const death of ['before', 'midway', 'after'] as const) {
    it.each([1, 2, 3])(`${death} write %i goes on without a line twice or lost`, async (at) => {
      const killed = await exporting({ killedAt: (write) => (write === at ? death : undefined) });
      expect(killed.code).toBe(1);
      expect(existsSync(place)).toBe(true);
      expect((await exporting()).code).toBe(0);
      expect(keysIn(readFileSync(file, 'utf8'))).toEqual(KEYS);
      expect(existsSync(place)).toBe(false);
    });
  }

  it('keeps what stood in the file before the export', async () => {
    await writeFile(file, '{"key":"mine"}\n');
    await exporting({ killedAt: (write) => (write === 1 ? 'midway' : undefined) });
    await exporting();
    expect(keysIn(readFileSync(file, 'utf8'))).toEqual(['mine', ...KEYS]);
  });

  it('tells what was cut off', async () => {
    await exporting({ killedAt: (write) => (write === 2 ? 'midway' : undefined) });
    const { stderr } = await exporting();
    expect(stderr).toContain('going on after 200 keys');
    expect(stderr).toContain('cut off the 99 bytes that were written after the saved place');
  });

  it('refuses to go on in a file that was emptied, as by > in place of >>', async () => {
    await exporting({ killedAt: (write) => (write === 2 ? 'before' : undefined) });
    const handle = await open(file, 'r+');
    await handle.truncate(0);
    await handle.close();
    const { code, stderr } = await exporting();
    expect([code, stderr]).toEqual([2, expect.stringContaining('Append with >>')]);
    expect(existsSync(place)).toBe(true);
  });

  it('says that lines may come twice where the output is another one', async () => {
    await exporting({ killedAt: (write) => (write === 2 ? 'after' : undefined) });
    const { code, stdout, stderr } = await run(
      'kv export many: --resume-file place.json --namespace-id abc',
      { env: MEMORY_ENV, cwd: folder, fetch: api.fetch },
    );
    expect([code, keysIn(stdout)]).toEqual([0, KEYS.slice(PAGE)]);
    expect(stderr).toContain('up to 1,000 lines may come twice');
  });
});

describe('an export that ends by Ctrl-C or by a dead API', () => {
  it.each([1, 2, 3])('goes on where Ctrl-C comes during write %i', async (at) => {
    const ctrlC = new AbortController();
    const ran = await exporting({
      signal: ctrlC.signal,
      killedAt: (write) => {
        if (write === at) ctrlC.abort();
        return undefined;
      },
    });
    expect(ran.code).toBe(130);
    expect(ran.stderr).toContain('Run the same command again to go on.');
    expect(existsSync(place)).toBe(true);
    await exporting();
    expect(keysIn(readFileSync(file, 'utf8'))).toEqual(KEYS);
  });

  it('goes on after a death at any request', async () => {
    for (let at = 1; at <= REQUESTS; at++) {
      await writeFile(file, '');
      await rm(place, { force: true });
      const dead = faulty(api.fetch, ({ nth }) => (nth >= at ? refuseConnection : undefined));
      expect([at, (await exporting({ fetch: dead })).code]).toEqual([at, 1]);
      expect([at, (await exporting()).code]).toEqual([at, 0]);
      expect(keysIn(readFileSync(file, 'utf8'))).toEqual(KEYS);
    }
  });

  it('keeps its place where the reader of a pipe leaves during the last page', async () => {
    const left = new AbortController();
    let writes = 0;
    const ran = await run('kv export many: --resume-file place.json --namespace-id abc', {
      env: MEMORY_ENV,
      cwd: folder,
      fetch: api.fetch,
      stdoutClosed: left.signal,
      stdout: {
        isTTY: false,
        columns: undefined,
        write: async () => {
          if (++writes === 3) left.abort();
        },
      },
    });
    expect(ran.code).toBe(0);
    expect(JSON.parse(readFileSync(place, 'utf8'))).toMatchObject({ exported: 2 * PAGE });
  });
});
