import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from './engine.ts';
import { remoteEnv } from './run.ts';
import { seed } from './seed.ts';

const GOBLIN = fileURLToPath(new URL('../bin/goblin.js', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'goblin-binary-'));
afterAll(() => rmSync(folder, { recursive: true }));

const engine = useEngine();
beforeAll(async () => {
  const keys = Array.from({ length: 2000 }, (_, i) => `ratelimit:2001:db8::${i.toString(16)}`);
  await seed(
    engine,
    keys.map((key) => ({ key, value: '1', ttl: 3600, metadata: { count: 1 } })),
  );
});

function start(args: string[], command = process.execPath, first = [GOBLIN]) {
  const cache = { XDG_CACHE_HOME: join(folder, 'cache') };
  return spawn(command, [...first, ...args], {
    env: { ...process.env, ...remoteEnv(engine), ...cache, GOBLIN },
    stdio: 'pipe',
  });
}

async function finish(child: ReturnType<typeof start>) {
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { code, stdout, stderr };
}

describe('the built binary', () => {
  it('runs a command', async () => {
    const args = ['ratelimit', 'list', '--namespace-id', engine.namespace, '-o', 'ndjson'];
    const { code, stdout, stderr } = await finish(start(args));
    expect({ code, stderr, lines: stdout.trim().split('\n').length }).toEqual({
      code: 0,
      stderr: '',
      lines: 2000,
    });
  });

  it('ends quietly where its reader leaves', async () => {
    const line = `node "$GOBLIN" ratelimit list --namespace-id ${engine.namespace} | head -n 1; exit "\${PIPESTATUS[0]}"`;
    const { code, stdout, stderr } = await finish(start([line], 'bash', ['-c']));
    expect({ code, stderr, lines: stdout.split('\n').length }).toEqual({
      code: 0,
      stderr: '',
      lines: 2,
    });
  });

  it('gives its exit code to the shell', async () => {
    const args = ['ratelimit', 'show', '192.0.2.1', '--namespace-id', engine.namespace];
    expect((await finish(start(args))).code).toBe(3);
  });
});

it('says where the current folder is gone, to what needs one', async () => {
  const inNowhere = (line: string) => {
    const nowhere = `mkdir nowhere && cd nowhere && rmdir ../nowhere && node "$GOBLIN" ${line}`;
    return finish(start([`cd "${folder}" && ${nowhere}`], 'bash', ['-c']));
  };
  expect((await inNowhere('--version')).code).toBe(0);
  const { code, stderr } = await inNowhere('config show');
  expect([code, stderr]).toEqual([1, expect.stringContaining('the current folder is gone')]);
});

it('ends on Ctrl-C while it waits for stdin, and says how to go on', async () => {
  const child = start(['kv', 'import', '-', '--namespace-id', engine.namespace]);
  // It says its target before it reads.
  await once(child.stderr, 'data');
  const ended = finish(child);
  child.stdin.write('{"key":"a","value":"1"}\n');
  child.kill('SIGINT');
  expect(await ended).toMatchObject({
    code: 130,
    stderr: expect.stringContaining('--from-line 1'),
  });
});

describe('goblin dev', () => {
  it('serves the edge and the API, takes in local commands, and ends cleanly on Ctrl-C', async () => {
    const args = ['--config', 'worker/wrangler.toml', '--persist-to', engine.stateDir];
    const dev = start(['dev', '--port', '0', '-o', 'ndjson', ...args]);
    try {
      const [line] = await once(dev.stdout, 'data');
      const { edge_url, api_url } = JSON.parse(String(line));
      expect((await fetch(`${edge_url}/health`)).status).toBe(200);
      expect((await fetch(`${api_url}/accounts`)).status).toBe(401);
      const local = await finish(start(['ratelimit', 'list', '--local', '-v', ...args]));
      expect(local).toMatchObject({ code: 0 });
    } finally {
      dev.kill('SIGINT');
    }
    const [code] = await once(dev, 'exit');
    expect(code).toBe(0);
  });
});
