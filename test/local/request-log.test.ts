/** What `goblin dev` logs: each request to the edge, and each command that attaches. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeEntry, parseLogLine } from '../../src/local/request-log.ts';
import { command, endAll, goblin, run } from './goblin.ts';

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'goblin-log-'));
});
afterEach(async () => {
  await endAll();
  rmSync(state, { recursive: true, force: true });
});

async function start(...words: string[]) {
  const engine = run(command(state, 'dev', '--port', '0', '--json', ...words));
  const [, edge] = await engine.says(/"edge_url": "([^"]+)"/);
  const visit = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(edge + path, init);
    await response.arrayBuffer();
    return response.status;
  };
  return { engine, visit };
}

describe('goblin dev', () => {
  it('logs method, path, status, time, address, and who answered', async () => {
    const { engine, visit } = await start();
    const headers = { 'CF-Connecting-IP': '203.0.113.9' };
    await visit('/models?ticket=secret', { headers });
    await engine.says(/\d\d:\d\d:\d\d GET \/models 200 \d+ ms 203\.0\.113\.9 backend\n/);
    await visit('/chat', { method: 'POST', body: '{}', headers: { authorization: 'Bearer x' } });
    await engine.says(/ POST \/chat 401 \d+ ms 127\.0\.0\.1 edge: session_invalid\n/);
    await visit('/nope%1b[31m');
    await engine.says(/ GET \/nope%1b\[31m 404 \d+ ms 127\.0\.0\.1 backend\n/);
    await visit('/_goblin/health');
    await engine.says(/ GET \/_goblin\/health \d+ \d+ ms 127\.0\.0\.1 edge/);
    process.kill(engine.pid, 'SIGINT');
    const { stderr, stdout } = await engine.ended;
    expect(stderr).not.toContain('secret');
    expect(stdout).not.toContain('/models');
  });

  it('says which answers came from the cache', async () => {
    const { engine, visit } = await start();
    await visit('/models');
    await visit('/models');
    await engine.says(/ GET \/models 200 \d+ ms 127\.0\.0\.1 cache\n/);
  });

  it('names each command that attaches once', async () => {
    const { engine } = await start();
    await goblin(state, 'kv', 'put', 'a', '1');
    await engine.says(/ goblin kv put attached \(process \d+\)\n/);
    await goblin(state, 'flags', 'set', 'new_ui_enabled', 'true');
    await engine.says(/ goblin flags set attached \(process \d+\)\n/);
    process.kill(engine.pid, 'SIGINT');
    expect((await engine.ended).stderr.match(/attached/g)).toHaveLength(2);
  });

  it('logs neither with --quiet', async () => {
    const { engine, visit } = await start('--quiet');
    await visit('/models');
    await goblin(state, 'kv', 'put', 'a', '1');
    process.kill(engine.pid, 'SIGINT');
    const { stderr } = await engine.ended;
    expect(stderr).not.toMatch(/GET|attached/);
  });
});

it('takes no other line for an entry', () => {
  for (const line of ['', 'GET /', 'goblin-log {', 'a goblin-log {"kind":"command"}']) {
    expect(parseLogLine(line)).toBeUndefined();
  }
  const entry = { kind: 'command', command: 'kv.list', pid: 7 } as const;
  expect(describeEntry(entry, 0)).toMatch(/^\d\d:\d\d:\d\d goblin kv list attached \(process 7\)$/);
});
