/** Processes that are stopped for a while: Ctrl-Z, a suspended laptop, a paused container. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { untilSilent } from '../../src/local/engine-fetch.ts';
import { NAMESPACES } from '../engine.ts';
import { command, dev, endAll, goblin, run } from './goblin.ts';
import { paused, startProcess, workerdOf } from './process.ts';

let state: string;
beforeEach(() => {
  state = join(mkdtempSync(join(tmpdir(), 'goblin-pauses-')), 'state');
});
afterEach(async () => {
  await endAll();
  rmSync(join(state, '..'), { recursive: true, force: true });
});

it('a paused holder keeps its state: who comes later waits, and says for whom', async () => {
  const holder = startProcess({ stateDir: state, namespaces: NAMESPACES });
  const { pid } = await holder.api;
  holder.child.kill('SIGSTOP');
  await paused(pid);
  const later = run(command(state, 'kv', 'put', 'k', 'later'));
  await later.says(new RegExp(`waiting for another goblin \\(process ${pid}\\)`));
  expect(workerdOf(later.pid)).toEqual([]);
  holder.child.kill('SIGCONT');
  holder.child.stdin?.end();
  expect(await holder.ended).toBe(0);
  expect((await later.ended).code).toBe(0);
});

it('a paused `goblin dev` whose workerd runs is used', async () => {
  const serving = await dev(state);
  process.kill(serving.pid, 'SIGSTOP');
  await paused(serving.pid);
  expect((await goblin(state, 'kv', 'put', 'k', 'v')).code).toBe(0);
  process.kill(serving.pid, 'SIGCONT');
  process.kill(serving.pid, 'SIGTERM');
  expect((await serving.ended).code).toBe(0);
});

it('an engine that is paused altogether is said not to answer, and used when it goes on', async () => {
  const serving = await dev(state);
  for (const pid of [serving.pid, serving.workerd]) process.kill(pid, 'SIGSTOP');
  await paused(serving.workerd);
  const later = run(command(state, 'kv', 'put', 'k', 'v'));
  await later.says(new RegExp(`engine \\(process ${serving.pid}\\) does not answer`));
  for (const pid of [serving.workerd, serving.pid]) process.kill(pid, 'SIGCONT');
  expect((await later.ended).code).toBe(0);
  expect((await goblin(state, 'kv', 'get', 'k')).stdout).toBe('v');
});

it('a wait for a paused engine ends on Ctrl-C', async () => {
  const serving = await dev(state);
  for (const pid of [serving.pid, serving.workerd]) process.kill(pid, 'SIGSTOP');
  await paused(serving.workerd);
  const later = run(command(state, 'kv', 'get', 'k'));
  await later.says(/does not answer/);
  process.kill(later.pid, 'SIGINT');
  expect((await later.ended).code).toBe(130);
});

const engine = { baseUrl: 'http://127.0.0.1:1', token: 't', pid: 7, attached: true };

it('a wait for an engine that answers nothing ends with an error', async () => {
  const notes: string[] = [];
  const asked: string[] = [];
  const silent = (url: string) => {
    asked.push(url);
    return new Promise<never>(() => {});
  };
  const wait = untilSilent(silent, engine, (text) => notes.push(text), { askMs: 1, times: 3 });
  await expect(wait(new AbortController().signal)).rejects.toMatchObject({
    code: 'engine_silent',
    hint: expect.stringContaining('kill -CONT 7'),
  });
  expect(asked).toHaveLength(3);
  expect(notes).toEqual(['the local engine (process 7) does not answer; it may be paused']);
});

it('a wait for an engine that answers small requests goes on', async () => {
  const done = new AbortController();
  let asked = 0;
  const answers = async () => {
    if (++asked === 20) done.abort();
    return new Response();
  };
  const notes: string[] = [];
  const wait = untilSilent(answers, engine, (text) => notes.push(text), { askMs: 1, times: 3 });
  const ended = wait(done.signal).then(
    () => 'ended',
    () => 'failed',
  );
  await new Promise((resolve) => done.signal.addEventListener('abort', resolve));
  expect(await Promise.race([ended, 'waits'])).toBe('waits');
  expect(notes).toEqual([]);
});
