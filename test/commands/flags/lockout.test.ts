import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { apply } from '../../../src/commands/flags/apply.ts';
import { assign } from '../../../src/commands/flags/edit.ts';
import { type Context, createContext } from '../../../src/context.ts';
import { useEngine } from '../../engine.ts';
import { fakeIo } from '../../io.ts';
import { remoteEnv } from '../../run.ts';
import { BUILT_IN, flagStore, MINUTE, NOW } from './store.ts';

const engine = useEngine();

/** All of a run but its streams. */
const terminalless = {
  signal: new AbortController().signal,
  now: () => NOW,
  sleep: async () => {},
  random: () => 0,
  deadline: AbortSignal.timeout,
  fetch,
};

const { put, stored, document, clear, goblin } = flagStore(() => engine);
beforeEach(async () => {
  await clear();
});

describe('without a terminal and without --yes, the API is not turned off', () => {
  it.each([
    ['flags set api_enabled false', 'everybody'],
    ['flags set api_enabled 25', '75% of users'],
    ['flags set api_enabled false --for 30m', 'everybody'],
    ['flags disable new_ui_enabled api_enabled', 'everybody'],
  ])('by %s: exit 6, nothing written', async (line, whom) => {
    const { code, stdout, stderr } = await goblin(line);
    expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
    expect(stderr).toContain(`this would turn off the API for ${whom}; nothing was changed`);
    expect(stderr).toContain('--yes');
    expect(await stored()).toBeNull();
    expect((await goblin(`${line} --yes`)).code).toBe(0);
    expect(await stored()).not.toBeNull();
  });

  it('by a file: exit 6, nothing written', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'goblin-lockout-'));
    await writeFile(join(cwd, 'flags.json'), '{"flags":{"api_enabled":false}}');
    const { code } = await goblin('flags apply flags.json', { cwd });
    await rm(cwd, { recursive: true });
    expect([code, await stored()]).toEqual([6, null]);
  });

  it('by an import: exit 6, nothing written', async () => {
    const stdin = `${JSON.stringify({ key: 'feature_flags', value: '{"api_enabled":false}' })}\n`;
    expect((await goblin('kv import -', { stdin })).code).toBe(6);
    expect(await stored()).toBeNull();
    expect((await goblin('kv import - --yes', { stdin })).code).toBe(0);
    expect(await document()).toEqual({ api_enabled: false });
  });

  it('for good, where a timer would have turned it on again', async () => {
    const timers = { api_enabled: { until: NOW + 10 * MINUTE, then: true } };
    await put({ ...BUILT_IN, api_enabled: false }, { metadata: { timers } });
    expect((await goblin('flags set api_enabled false')).code).toBe(6);
  });
});

describe('no question is asked', () => {
  it.each([
    ['of a dry run', 'flags set api_enabled false --dry-run', true],
    ['where it is off already', 'flags set api_enabled false', false],
    ['where it is turned on for more', 'flags set api_enabled 50', 25],
    ['where another flag is turned off', 'flags set rate_limiting_enabled false', true],
  ])('%s', async (_, line, api_enabled) => {
    await put({ ...BUILT_IN, api_enabled });
    expect((await goblin(line)).code).toBe(0);
  });
});

it('flags apply shows each flag before and after', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'goblin-lockout-'));
  await writeFile(join(cwd, 'flags.json'), '{"flags":{"new_ui_enabled":25}}');
  const io = fakeIo({ tty: true, cwd, env: remoteEnv(engine) });
  const asked: string[] = [];
  const confirm = async (question: string) => {
    asked.push(question);
    return false;
  };
  const around = { ...terminalless, io };
  const context: Context = {
    ...createContext(around, { color: false, namespaceId: engine.namespace }),
    prompt: async () => ({ confirm, confirmByTyping: confirm }),
  };
  await expect(apply(context, { file: 'flags.json' })).rejects.toMatchObject({
    outcome: 'unconfirmed',
  });
  await rm(cwd, { recursive: true });
  expect(asked).toEqual(['Change 1 flag on Cloudflare (remote, 0123…cdef)?']);
  expect(io.stderr.text).toContain(
    'FLAG            BEFORE → AFTER\nnew_ui_enabled  not set (false) → 25%\n',
  );
});

describe('on a terminal', () => {
  /** A context on a terminal, on which `answer` is given; what happens while the question stands is told. */
  function terminal(answer: boolean, meanwhile = async () => {}) {
    const asked: string[] = [];
    const io = fakeIo({ tty: true, env: remoteEnv(engine) });
    const around = { ...terminalless, io };
    const confirm = async (question: string) => {
      asked.push(question);
      await meanwhile();
      return answer;
    };
    const context: Context = {
      ...createContext(around, { color: false, namespaceId: engine.namespace }),
      prompt: async () => ({ confirm, confirmByTyping: confirm }),
    };
    return { context, io, asked };
  }

  it('the question names the target, below what changes', async () => {
    const { context, io, asked } = terminal(false);
    await expect(assign(context, ['api_enabled'], false, {})).rejects.toMatchObject({
      outcome: 'unconfirmed',
    });
    expect(asked).toEqual(['Turn off the API for everybody on Cloudflare (remote, 0123…cdef)?']);
    expect(io.stderr.text).toContain(
      'api_enabled: not set (true) → false\nwarning: the edge refuses',
    );
    expect(await stored()).toBeNull();
  });

  it('keeps what somebody else changed while the question stood', async () => {
    const { context } = terminal(true, async () => {
      await put({ ...BUILT_IN, new_ui_enabled: true });
    });
    await assign(context, ['api_enabled'], false, {});
    expect(await document()).toEqual({ ...BUILT_IN, api_enabled: false, new_ui_enabled: true });
  });
});
