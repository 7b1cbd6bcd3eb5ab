import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { attachOrStart, type LocalApi } from '../../src/local/attach.ts';
import { engineFolder, readRecord, recordFile } from '../../src/local/record.ts';
import { serve } from '../../src/local/serve.ts';
import { NAMESPACES } from '../engine.ts';
import { gone, startProcess, workerdOf } from './process.ts';

const root = await mkdtemp(join(tmpdir(), 'goblin-attach-'));
afterAll(() => rm(root, { recursive: true, force: true }));

const on = (name: string) => ({ stateDir: join(root, name, 'state'), namespaces: NAMESPACES });

const send = ({ baseUrl, token }: LocalApi, key: string, body?: string) =>
  fetch(`${baseUrl}/accounts/a/storage/kv/namespaces/${NAMESPACES[0]?.id}/values/${key}`, {
    headers: { authorization: `Bearer ${token}` },
    ...(body !== undefined && { method: 'PUT', body }),
  });

describe('a command without a running engine', () => {
  it('starts one of its own, over state that stays', async () => {
    const options = on('own');
    const first = await attachOrStart(options);
    expect(first).toMatchObject({ attached: false, edgeUrl: null });
    await send(first, 'k', 'kept');
    await first.dispose();
    const second = await attachOrStart(options);
    expect(await (await send(second, 'k')).text()).toBe('kept');
    expect(readRecord(options.stateDir)).toBeNull();
    await second.dispose();
  });

  it('does no harm to another one at the same time', async () => {
    const options = on('both');
    const write = async (name: string) => {
      const api = await attachOrStart(options);
      const replies = await Promise.all(
        Array.from({ length: 30 }, (_, index) => send(api, `${name}${index}`, 'v')),
      );
      await api.dispose();
      return replies.filter(({ ok }) => ok).length;
    };
    expect(await Promise.all([write('a'), write('b')])).toEqual([30, 30]);
  });

  it('waits for another process to end its engine, and says for which', async () => {
    const options = on('wait');
    const other = startProcess(options);
    const { pid } = await other.api;
    const told = new Promise((resolve) => {
      void attachOrStart({ ...options, onWait: resolve }).then(async (api) => {
        expect(api.attached).toBe(false);
        await api.dispose();
      });
    });
    expect(await told).toBe(pid);
    other.child.stdin?.end();
    expect(await other.ended).toBe(0);
  });
});

it('a wait for the state ends when the command is interrupted', async () => {
  const options = on('interrupted');
  const holder = await attachOrStart(options);
  const stop = new AbortController();
  const waiting = attachOrStart({ ...options, signal: stop.signal, onWait: () => stop.abort() });
  await expect(waiting).rejects.toMatchObject({ outcome: 'interrupted' });
  await holder.dispose();
});

describe('a running engine', () => {
  it('is used by other commands, which leave it running', async () => {
    const options = on('served');
    const engine = await serve(options);
    const command = await attachOrStart(options);
    expect(command).toMatchObject({ attached: true, baseUrl: engine.apiUrl, token: engine.token });
    await command.dispose();
    expect((await send(command, 'k', 'v')).status).toBe(200);
    await engine.dispose();
    expect(readRecord(options.stateDir)).toBeNull();
  });

  it('leaves its record to its owner alone', async () => {
    const options = on('mode');
    const engine = await serve(options);
    expect((await stat(recordFile(options.stateDir))).mode & 0o777).toBe(0o600);
    await engine.dispose();
  });

  it('is not started twice, and says when it lacks a namespace', async () => {
    const options = on('twice');
    const engine = await serve(options);
    await expect(serve(options)).rejects.toMatchObject({ code: 'engine_running' });
    const api = await attachOrStart(options);
    const outdated = expect.objectContaining({ code: 'engine_outdated' });
    expect(() => api.assertServes('kv', 'NEW_KV')).toThrow(outdated);
    expect(() => api.assertServes('d1', 'NEW_DB')).toThrow(outdated);
    for (const { id } of NAMESPACES) api.assertServes('kv', id);
    await engine.dispose();
  });

  it('of a long command is shared rather than waited for', async () => {
    const options = on('shared');
    const other = startProcess({ ...options, share: true });
    const { pid } = await other.api;
    const command = await attachOrStart(options);
    expect(command.attached).toBe(true);
    expect(readRecord(options.stateDir)?.pid).toBe(pid);
    other.child.stdin?.end();
    await other.ended;
  });
});

describe('a process that was killed', () => {
  it('leaves no workerd, and nothing that blocks the next', async () => {
    const options = on('killed');
    const other = startProcess({ ...options, share: true });
    const { pid } = await other.api;
    const children = workerdOf(pid);
    expect(children).toHaveLength(1);
    other.child.kill('SIGKILL');
    expect(await other.ended).toBe('SIGKILL');
    await Promise.all(children.map(gone));
    const waits: unknown[] = [];
    const next = await attachOrStart({ ...options, onWait: (by) => waits.push(by) });
    expect(next.attached).toBe(false);
    expect(waits).toEqual([]);
    await next.dispose();
  });

  it.each([
    ['of a process that is gone', { pid: 2 ** 30 }],
    ['whose process is another one by now', { pid: process.pid }],
    ['that says nothing', { apiUrl: 7 }],
    ['that is no JSON', null],
  ])('leaves a record %s, which is passed over', async (_, fields) => {
    const { stateDir, ...rest } = on(`stale-${JSON.stringify(fields).length}`);
    const record = {
      stateDir,
      apiUrl: 'http://127.0.0.1:1/client/v4',
      edgeUrl: null,
      token: 't',
      adminToken: null,
      serves: { kv: NAMESPACES.map(({ id }) => id), d1: [] },
      started: new Date(0).toISOString(),
      ...fields,
    };
    mkdirSync(engineFolder(stateDir), { recursive: true });
    writeFileSync(recordFile(stateDir), fields ? JSON.stringify(record) : '{');
    const api = await attachOrStart({ stateDir, ...rest });
    expect(api.attached).toBe(false);
    await api.dispose();
  });
});

it('the engine leaves signals to whoever runs it', async () => {
  const before = process.listenerCount('SIGINT') + process.listenerCount('SIGTERM');
  const api = await attachOrStart(on('signals'));
  expect(process.listenerCount('SIGINT') + process.listenerCount('SIGTERM')).toBe(before);
  await api.dispose();
});
