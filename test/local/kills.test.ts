/** Processes that are killed, the engine's own or those that use it, and terminals that close. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attachOrStart, type LocalApi } from '../../src/local/attach.ts';
import { recordFile } from '../../src/local/record.ts';
import { cases } from '../cases.ts';
import { NAMESPACES } from '../engine.ts';
import { command, dev, endAll, goblin, type Running, run } from './goblin.ts';
import { gone, startProcess, workerdOf } from './process.ts';

/** Writes before the kill: of the holder where they are odd, of workerd where they are even. */
const ROUNDS = [7, 40, 1, 120, 3, 26].slice(0, cases(2, 6));

let state: string;
beforeEach(() => {
  state = join(mkdtempSync(join(tmpdir(), 'goblin-kills-')), 'state');
});
afterEach(async () => {
  await endAll();
  rmSync(join(state, '..'), { recursive: true, force: true });
});

describe('workerd killed', () => {
  it('under `goblin dev` ends that with an error, and nothing is in the way of the next', async () => {
    const serving = await dev(state);
    process.kill(serving.workerd, 'SIGKILL');
    const { code, stderr } = await serving.ended;
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(`workerd (process ${serving.workerd}) ended: SIGKILL`),
    ]);
    expect(existsSync(recordFile(state))).toBe(false);
    expect((await goblin(state, 'kv', 'put', 'k', 'v')).code).toBe(0);
  });

  it("under a command's own engine is that command's error", async () => {
    await putEvent();
    const tail = await tailing();
    const [workerd = 0] = workerdOf(tail.pid);
    process.kill(workerd, 'SIGKILL');
    const { code, stderr } = await tail.ended;
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(`(process ${workerd}) ended: SIGKILL`),
    ]);
    expect(stderr).not.toContain('cloudflarestatus');
  });
});

it('a `goblin dev` that was killed is an error of those who use it, and no obstacle', async () => {
  const serving = await dev(state);
  await putEvent();
  const tail = await tailing();
  expect(workerdOf(tail.pid)).toEqual([]);
  process.kill(serving.pid, 'SIGKILL');
  await gone(serving.workerd);
  const { code, stderr } = await tail.ended;
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining(`the local engine (process ${serving.pid}) has ended`),
  ]);
  const next = await goblin(state, 'kv', 'put', 'k', 'v');
  expect(next).toMatchObject({ code: 0, stderr: expect.not.stringContaining('waiting') });
});

it('a hang-up ends `goblin dev` as Ctrl-C does', async () => {
  const serving = await dev(state);
  process.kill(serving.pid, 'SIGHUP');
  process.kill(serving.pid, 'SIGHUP');
  expect((await serving.ended).code).toBe(0);
  expect(existsSync(recordFile(state))).toBe(false);
  await gone(serving.workerd);
});

it('a terminal that closes ends the `goblin dev` in it', async () => {
  const line = command(state, 'dev', '--port', '0')
    .map((word) => `'${word}'`)
    .join(' ');
  const terminal = run(['script', '-qec', line, '/dev/null']);
  await terminal.says(/Ctrl-C ends it/);
  const { pid } = JSON.parse(readFileSync(recordFile(state), 'utf8'));
  const [workerd = 0] = workerdOf(pid);
  process.kill(terminal.pid, 'SIGKILL');
  await gone(pid);
  await gone(workerd);
  expect(existsSync(recordFile(state))).toBe(false);
});

it('what was acknowledged is stored, whenever the engine is killed', async () => {
  const stored: string[] = [];
  for (const round of ROUNDS) {
    const holder = startProcess({ stateDir: state, namespaces: NAMESPACES, share: true });
    const api = await holder.api;
    const children = workerdOf(api.pid);
    for (let write = 0; ; write++) {
      const key = `${round}:${write}`;
      const answer = put(api, key);
      if (write === round) process.kill(round % 2 ? api.pid : (children[0] ?? 0), 'SIGKILL');
      if (!(await answer)) break;
      stored.push(key);
    }
    holder.child.kill('SIGKILL');
    await holder.ended;
    await Promise.all(children.map(gone));
  }
  const api = await attachOrStart({ stateDir: state, namespaces: NAMESPACES });
  const missing = await Promise.all(
    stored.map(async (key) => ((await get(api, key)) ? [] : [key])),
  );
  expect(missing.flat()).toEqual([]);
  expect(stored.length).toBeGreaterThanOrEqual(ROUNDS.reduce((sum, round) => sum + round));
  await api.dispose();
});

const IP = '198.51.100.7';

async function putEvent(): Promise<void> {
  const event = { timestamp: Date.now(), ip: IP, event_type: 'rate_limited', reason: 'test' };
  const key = `security:${event.timestamp}:${IP}`;
  expect((await goblin(state, 'kv', 'put', key, JSON.stringify(event))).code).toBe(0);
}

/** A command that has shown what is there, and goes on asking for more. */
async function tailing(): Promise<Running> {
  const tail = run(command(state, 'security', 'tail', '--follow', '-o', 'ndjson'));
  await tail.says(new RegExp(IP));
  return tail;
}

const url = ({ baseUrl }: LocalApi, key: string) =>
  `${baseUrl}/accounts/a/storage/kv/namespaces/${NAMESPACES[0]?.id}/values/${key}`;
const as = ({ token }: LocalApi) => ({ headers: { authorization: `Bearer ${token}` } });

const put = (api: LocalApi, key: string) =>
  fetch(url(api, key), { ...as(api), method: 'PUT', body: key }).then(
    ({ ok }) => ok,
    () => false,
  );
const get = async (api: LocalApi, key: string) =>
  (await (await fetch(url(api, key), as(api))).text()) === key;
