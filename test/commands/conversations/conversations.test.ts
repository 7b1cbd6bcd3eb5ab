import { beforeEach, describe, expect, it } from 'vitest';
import { useEngine } from '../../engine.ts';
import { type RunOptions, run as runLine } from '../../run.ts';
import { seed } from '../../seed.ts';
import { stored, wipe } from '../../stored.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const MINUTE = 60_000;

const engine = useEngine();

const run = (line: string, options: RunOptions = {}) =>
  runLine(line, { engine, now: NOW, ...options });

function conversation(user_id: string, previews: readonly string[], age: number) {
  const last_updated = NOW - age * MINUTE;
  const messages = previews.map((preview, i) => ({
    timestamp: last_updated - (previews.length - 1 - i) * MINUTE,
    preview,
  }));
  return {
    key: `conversation:${user_id}`,
    value: { messages, last_updated },
    metadata: { messages: messages.length, last_updated },
  };
}

beforeEach(async () => {
  await wipe(engine);
  await seed(engine, [
    conversation('u_1', ['How do I reset my password?', 'Thank you'], 20),
    { ...conversation('u_2', ['Hello', 'there', '\u001b[2Jgoblin'], 5), metadata: undefined },
    conversation('u_10', [], 30),
    { key: 'conversation:u_3', value: 'my secret plan' },
  ]);
});

describe('conversations list', () => {
  it('counts messages, and reads none that the list tells of', async () => {
    const { code, json, stderr } = await run('conversations list --json --verbose');
    expect(code).toBe(0);
    expect(json()).toMatchObject([
      { user_id: 'u_1', messages: 2, last_updated: '2026-01-01T11:40:00.000Z' },
      { user_id: 'u_10', messages: 0 },
      { user_id: 'u_2', messages: 3 },
      { user_id: 'u_3', messages: null },
    ]);
    expect(stderr).toContain('1 list · 2 reads');
  });

  it.each([
    ['last_updated', ['u_2', 'u_1', 'u_10', 'u_3']],
    ['messages', ['u_2', 'u_1', 'u_10', 'u_3']],
    ['user_id', ['u_1', 'u_2', 'u_3', 'u_10']],
  ])('sorts by %s', async (order, users) => {
    const { json } = await run(`conversations list --sort ${order} --json`);
    expect((json() as { user_id: string }[]).map(({ user_id }) => user_id)).toEqual(users);
  });

  it('quotes what cannot be read in a pipe, and on a terminal only when asked to', async () => {
    expect((await run('conversations list')).stdout).toContain('my secret plan');
    const shown = await run('conversations list', { tty: true, columns: 200 });
    expect(shown.stdout).toContain('cannot be read; --reveal shows it');
    expect(shown.stdout).not.toContain('secret');
    const revealed = await run('conversations list --reveal', { tty: true, columns: 200 });
    expect(revealed.stdout).toContain('my secret plan');
  });

  it('says why there is none', async () => {
    await wipe(engine);
    expect((await run('conversations list')).stderr).toContain('nobody has chatted');
  });
});

describe('conversations show', () => {
  it('lists the messages for whoever reads a pipe', async () => {
    const { code, json } = await run('conversations show u_1 --json');
    expect(code).toBe(0);
    expect(json()).toEqual([
      {
        timestamp: '2026-01-01T11:39:00.000Z',
        length: 27,
        preview: 'How do I reset my password?',
      },
      { timestamp: '2026-01-01T11:40:00.000Z', length: 9, preview: 'Thank you' },
    ]);
  });

  it.each(['', ' --json', ' -o csv'])('hides what was said on a terminal%s', async (format) => {
    const line = `conversations show u_1${format}`;
    const { code, stdout, stderr } = await run(line, { tty: true });
    expect([code, stdout]).toEqual([0, expect.stringContaining('27')]);
    expect(stdout).not.toMatch(/password|Thank/);
    expect(stderr).toContain('--reveal shows it');
    const revealed = await run(`${line} --reveal`, { tty: true });
    expect(revealed.stdout).toContain('How do I reset my password?');
  });

  it('writes out what would take over the terminal', async () => {
    const { stdout } = await run('conversations show u_2 --reveal', { tty: true });
    expect(stdout).toContain('\\x1b[2Jgoblin');
    expect(stdout).not.toContain('\u001b[2J');
  });

  it('is exit 1 for a value that cannot be read, and quotes it where that is allowed', async () => {
    const piped = await run('conversations show u_3');
    expect([piped.code, piped.stdout]).toEqual([1, '']);
    expect(piped.stderr).toContain('not JSON: my secret plan');
    expect(piped.stderr).toContain("`goblin kv get 'conversation:u_3'`");
    const shown = await run('conversations show u_3', { tty: true });
    expect([shown.code, shown.stderr]).toEqual([1, expect.not.stringContaining('secret')]);
  });

  it('is exit 3 for a user who has none', async () => {
    const { code, stderr } = await run('conversations show nobody');
    expect([code, stderr]).toEqual([3, expect.stringContaining('nobody has no conversation')]);
  });

  it('says so where there is no message', async () => {
    expect((await run('conversations show u_10')).stderr).toContain('has no messages');
  });
});

describe('conversations clear', () => {
  const users = async () => (await stored(engine)).map((key) => key.replace('conversation:', ''));

  it('clears those that are named, on the line and on stdin, and names those that are absent', async () => {
    const line = 'conversations clear u_1 - --yes --json';
    const { code, json, stdout } = await run(line, { stdin: 'u_3\nu_77\n' });
    expect(code).toBe(0);
    expect(json()).toMatchObject([
      { user_id: 'u_1', messages: 2, result: 'cleared' },
      { user_id: 'u_3', result: 'cleared' },
      { user_id: 'u_77', result: 'absent' },
    ]);
    expect(stdout).not.toMatch(/secret|password/);
    expect(await users()).toEqual(['u_10', 'u_2']);
  });

  it('clears all of them without reading one', async () => {
    const { code, stderr } = await run('conversations clear --all --yes --verbose');
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('2 requests · 1 list · 4 deletes ·'),
    ]);
    expect(await users()).toEqual([]);
  });

  it('touches nothing where nobody can be asked', async () => {
    const { code } = await run('conversations clear --all');
    expect(code).toBe(6);
    expect(await users()).toHaveLength(4);
  });

  it.each([
    ['conversations clear --yes', 'nothing is named'],
    ['conversations clear u_1 --all --yes', '<user…> and --all exclude each other'],
  ])('refuses %s', async (line, message) => {
    const { code, stderr } = await run(line);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(await users()).toHaveLength(4);
  });

  it('is exit 3 where none of the named is there', async () => {
    expect((await run('conversations clear nobody --yes')).code).toBe(3);
  });
});
